/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control Flow Guard: what the system reads to check each indirect call of a
 * driver.  clang calls through __guard_dispatch_icall_fptr, the target in rax,
 * on arm64 after a call of __guard_check_icall_fptr; lld lists the functions
 * whose address is taken.  A system that guards the kernel writes its own
 * functions into these pointers; elsewhere they do nothing.
 *
 * Layout: "Load Configuration Layout" in Microsoft's "PE Format"; the same in
 * LLVM's include/llvm/Object/COFF.h, coff_load_configuration64.  Flags: there,
 * IMAGE_GUARD_...; facts of this file are checked in tests/windows/pe_lint.
 */
#define SECURITY_COOKIE_UNUSED 0x800

	.globl	"@feat.00"
	.set	"@feat.00", 0x800 /* no function is called by what is here */

	.text
	.p2align 4
check_nothing:
	ret
#ifdef __x86_64__
	.p2align 4
dispatch_to_any:
	jmp	*%rax
#endif

	.section .00cfg,"dr"
	.p2align 3
	.globl	__guard_check_icall_fptr
__guard_check_icall_fptr:
	.quad	check_nothing
#ifdef __x86_64__
	.globl	__guard_dispatch_icall_fptr
__guard_dispatch_icall_fptr:
	.quad	dispatch_to_any
#endif

	.section .rdata,"dr"
	.p2align 3
	.globl	_load_config_used
_load_config_used:
	.long	192               /* Size */
	.fill	27, 4, 0          /* not about Control Flow Guard */
	.quad	__guard_check_icall_fptr
#ifdef __x86_64__
	.quad	__guard_dispatch_icall_fptr
#else
	.quad	0
#endif
	.quad	__guard_fids_table
	.quad	__guard_fids_count
	.long	__guard_flags + SECURITY_COOKIE_UNUSED
	.fill	3, 4, 0           /* CodeIntegrity */
	.quad	__guard_iat_table
	.quad	__guard_iat_count
	.quad	__guard_longjmp_table
	.quad	__guard_longjmp_count
