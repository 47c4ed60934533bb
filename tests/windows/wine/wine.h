/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of ndis.sys under Wine: Win32 and NT headers cannot
 * stand beside each other. */
#ifndef IRL_TESTS_WINE_WINE_H
#define IRL_TESTS_WINE_WINE_H

#include "wire.h"

/* -- wire.c, Win32 -- */
void wine_yield(void);
/* A function of Wine's ntoskrnl.exe. */
void *wine_ntoskrnl(const char *name);

/* -- adapter.c, NT -- */
void adapter_start(struct wire *wire);
/* The drivers are unloaded: nothing may be left of them. */
void adapter_end(void);
/* Receive what waits, do what is wanted; false: there was nothing. */
_Bool adapter_turn(void);
/* In place of an import of a driver's; NULL: the double's of that name, or
 * Wine's. */
void *adapter_instead(const char *name);

#endif
