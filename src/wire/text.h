/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text, the same on every system. */
#ifndef IRL_WIRE_TEXT_H
#define IRL_WIRE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define IRL_TEXT4 16 /* with the NUL */
#define IRL_TEXT6 46
#define IRL_TEXT_MAC 18

/* All return @text.  IPv6 as in RFC 5952; "02:00:00:00:00:01". */
char *irl_text4(uint32_t addr, char text[IRL_TEXT4]);
char *irl_text6(const uint8_t addr[16], char text[IRL_TEXT6]);
char *irl_text_mac(const uint8_t mac[6], char text[IRL_TEXT_MAC]);

/* The whole of @text is such an address: four decimals without leading zeros;
 * RFC 4291, 2.2, without a zone. */
bool irl_text_read4(const char *text, uint32_t *addr);
bool irl_text_read6(const char *text, uint8_t addr[16]);

#endif
