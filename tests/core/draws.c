/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codes of random draws, for oracle.py to compare with other people's programs:
 *
 *	draws [DRAWS [SEED]]
 *
 * one a line: TYPE ALGORITHM DIGITS PERIOD MOMENT KEY CODE, where MOMENT is a time in Unix
 * seconds for totp and a counter for hotp, and KEY is hexadecimal.
 */
#include "sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DRAWS 10000

static void
print_draw(struct draw *draw)
{
	struct otp otp = {
		.type = draw_number(draw, 2) == 0 ? OTP_TOTP : OTP_HOTP,
		.algorithm = (enum otp_algorithm)draw_number(draw, 3),
		.digits = OTP_DIGITS_MIN + draw_number(draw, OTP_DIGITS_MAX - OTP_DIGITS_MIN + 1),
		.key.len = OTP_KEY_MIN + draw_number(draw, OTP_KEY_MAX - OTP_KEY_MIN + 1),
	};
	int64_t moment = draw_number(draw, UINT32_MAX), step = moment;
	uint32_t code = 0;

	draw_bytes(draw, otp.key.bytes, otp.key.len);
	if (otp.type == OTP_TOTP) {
		otp.period = OTP_PERIOD_MIN + draw_number(draw, OTP_PERIOD_MAX - OTP_PERIOD_MIN + 1);
		step = otp_step(&otp, moment);
	} else if (otp.algorithm == OTP_SHA1) {
		step = moment = moment * 1000 + 7; /* beyond 32 bits; oathtool can only then */
	}
	if (!otp_code(&otp, step, &code))
		abort();
	(void)printf("%s %s %u %u %" PRId64 " ", otp.type == OTP_TOTP ? "totp" : "hotp",
	    otp_algorithm_name(otp.algorithm), otp.digits, otp.period, moment);
	for (size_t i = 0; i < otp.key.len; i++)
		(void)printf("%02x", otp.key.bytes[i]);
	(void)printf(" %0*" PRIu32 "\n", (int)otp.digits, code);
}

int
main(int argc, char **argv)
{
	unsigned long draws = argc > 1 ? strtoul(argv[1], NULL, 10) : DRAWS;
	struct draw draw = { .state = argc > 2 ? strtoul(argv[2], NULL, 10) : 1 };

	for (unsigned long i = 0; i < draws; i++)
		print_draw(&draw);
	return 0;
}
