/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ranks tell each other before they can talk: text encoding, cards, and cards in pieces. */
#include "check.h"

#include "coll/card.h"
#include "coll/codec.h"
#include "coll/pieces.h"
#include "coll/tuning.h"

static void test_codec_round_trip(void **state)
{
	unsigned char data[300], back[300];
	char text[512];

	(void)state;
	for (size_t n = 0; n <= sizeof(data); n++) {
		for (size_t i = 0; i < n; i++)
			data[i] = (unsigned char)(i * 37 + n);
		fb_codec_encode(data, n, text);
		assert_int_equal(strlen(text), fb_codec_length(n));
		assert_null(strpbrk(text, ";= \n"));
		size_t got = sizeof(back);
		assert_int_equal(fb_codec_decode(text, back, &got, NULL), 0);
		assert_int_equal(got, n);
		assert_memory_equal(back, data, n);
	}
}

static void test_codec_known(void **state)
{
	char text[16];

	(void)state;
	/* RFC 4648 section 10, without padding; and the two characters of the URL alphabet. */
	fb_codec_encode("foobar", 6, text);
	assert_string_equal(text, "Zm9vYmFy");
	fb_codec_encode("fooba", 5, text);
	assert_string_equal(text, "Zm9vYmE");
	fb_codec_encode("\xfb\xff", 2, text);
	assert_string_equal(text, "-_8");
}

static void test_codec_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "A", "impossible length" },	 { "AAAAA", "impossible length" }, { "AA=A", "does not belong" },
		{ "AA\nA", "does not belong" }, { "AB", "middle of a byte" },	   { "AAAAAAAAAAAA", "at most 8" },
	};
	unsigned char room[8];
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = sizeof(room);
		assert_int_equal(fb_codec_decode(cases[i].text, room, &n, &err), -1);
		check_contains(err.text, cases[i].message);
	}
}

static void test_card_round_trip(void **state)
{
	uint8_t worker[] = { 1, 2, 3 };
	struct fb_tuning tuning = { 2, { { 1, 4, UINT64_MAX, FB_ALGORITHM_RING }, { 300, 1, 70000, FB_ALGORITHM_RAILS } } };
	struct fb_card card = { .port = 40001, .tuning = &tuning, .offer = { .fd = 17, .token = 0x0123456789abcdef }, .addresses = 2, .worker_size = 3,
				.worker = worker },
		       back;
	struct fb_blob blob;
	struct fb_err err;

	(void)state;
	fb_card_identify(&card);
	memset(card.secret, 7, sizeof(card.secret));
	card.address[1] = (struct fb_address){ .family = 6, .bytes = { 0xfd, 1 } };
	assert_int_equal(fb_card_pack(&card, &blob, &err), FB_COLL_OK);
	assert_int_equal(fb_card_unpack(&back, &blob, &err), FB_COLL_OK);
	assert_true(fb_card_same_node(&card, &back));
	assert_int_equal(back.port, 40001);
	assert_int_equal(back.pid, card.pid);
	assert_int_equal(back.offer.fd, 17);
	assert_int_equal(back.offer.pid, card.pid);
	assert_true(back.offer.token == 0x0123456789abcdef);
	assert_memory_equal(back.secret, card.secret, sizeof(card.secret));
	assert_memory_equal(back.address, card.address, sizeof(card.address));
	assert_memory_equal(back.worker, worker, 3);
	assert_non_null(back.tuning);
	assert_int_equal(back.tuning->count, 2);
	assert_memory_equal(back.tuning->entry, tuning.entry, 2 * sizeof(tuning.entry[0]));
	fb_card_clear(&back);
	/* Every shorter one is refused, whatever is cut, and one with something behind. */
	for (size_t n = 0; n < blob.size; n++) {
		struct fb_blob cut = { blob.data, n };
		assert_int_equal(fb_card_unpack(&back, &cut, &err), FB_COLL_ERR_BOOTSTRAP);
	}
	blob.data = realloc(blob.data, blob.size + 1);
	assert_non_null(blob.data);
	((uint8_t *)blob.data)[blob.size] = 0;
	assert_int_equal(fb_card_unpack(&back, &(struct fb_blob){ blob.data, blob.size + 1 }, &err), FB_COLL_ERR_BOOTSTRAP);
	check_contains(err.text, "malformed");
	((uint8_t *)blob.data)[0] ^= 1;
	assert_int_equal(fb_card_unpack(&back, &blob, &err), FB_COLL_ERR_BOOTSTRAP);
	check_contains(err.text, "not of this version");
	free(blob.data);
}

/* A rank that cannot go on sends its reason where its card should be. */
static void test_card_failure(void **state)
{
	struct fb_err why = { "UCX: ucp_init: No such device" }, err;
	struct fb_card card = { .pid = 7 };
	struct fb_blob blob;

	(void)state;
	assert_int_equal(fb_card_pack_failure(FB_COLL_ERR_TRANSPORT, &why, &blob, &err), FB_COLL_OK);
	assert_int_equal(fb_card_unpack(&card, &blob, &err), FB_COLL_ERR_TRANSPORT);
	assert_string_equal(err.text, why.text);
	assert_int_equal(card.pid, 7);
	/* Success is no failure, and a status that nobody knows is none either. */
	static const uint8_t statuses[] = { FB_COLL_OK, FB_COLL_ERR_MISMATCH + 1, 255 };
	for (size_t i = 0; i < sizeof(statuses); i++) {
		((uint8_t *)blob.data)[4] = statuses[i];
		assert_int_equal(fb_card_unpack(&card, &blob, &err), FB_COLL_ERR_BOOTSTRAP);
		check_contains(err.text, "malformed");
	}
	free(blob.data);
	memset(why.text, 'x', sizeof(why.text) - 1);
	assert_int_equal(fb_card_pack_failure(FB_COLL_ERR_MEMORY, &why, &blob, &err), FB_COLL_OK);
	assert_int_equal(fb_card_unpack(&card, &blob, &err), FB_COLL_ERR_MEMORY);
	assert_string_equal(err.text, why.text);
	blob.data = realloc(blob.data, blob.size + 1);
	assert_non_null(blob.data);
	((uint8_t *)blob.data)[blob.size++] = 'x';
	assert_int_equal(fb_card_unpack(&card, &blob, &err), FB_COLL_ERR_BOOTSTRAP);
	free(blob.data);
}

/* Through the pieces and back; every card that fits, so that each border between two pieces is crossed. */
static void test_pieces_round_trip(void **state)
{
	unsigned char data[FB_CARD_MAX];
	char value[FB_PIECE_MAX];
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 37 + i / 256);
	for (size_t n = 1; n <= sizeof(data); n += n < 3100 ? 1 : 577) {
		struct fb_pieces *pieces = fb_pieces_create(&(struct fb_blob){ data, n });
		struct fb_assembly assembly = { 0 };
		struct fb_blob back;

		assert_non_null(pieces);
		assert_int_equal(pieces->count, (fb_codec_length(n) + FB_PIECE_TEXT - 1) / FB_PIECE_TEXT);
		for (size_t i = 0; i < pieces->count; i++) {
			assert_false(fb_assembly_done(&assembly));
			fb_pieces_write(pieces, i, value);
			assert_true(strlen(value) < 1024);
			assert_int_equal(fb_assembly_take(&assembly, value, &err), 0);
		}
		assert_true(fb_assembly_done(&assembly));
		assert_int_equal(fb_assembly_finish(&assembly, &back, &err), FB_COLL_OK);
		assert_int_equal(back.size, n);
		assert_memory_equal(back.data, data, n);
		free(back.data);
		fb_assembly_clear(&assembly);
		fb_pieces_destroy(pieces);
	}
	fb_pieces_destroy(NULL);
}

static void test_pieces_refuse(void **state)
{
	static const struct {
		const char *first, *second, *message;
	} cases[] = {
		{ "", NULL, "does not say how many" },
		{ "QUJD", NULL, "does not say how many" },
		{ "00000001:QUJD", NULL, "does not say how many" },
		{ ":QUJD", NULL, "the number of its pieces: '' is not a whole number" },
		{ "0:QUJD", NULL, "the number of its pieces: 0 is outside 1 to 32" },
		{ "33:QUJD", NULL, "the number of its pieces: 33 is outside 1 to 32" },
		{ "-1:QUJD", NULL, "outside 1 to 32" },
		{ "1x:QUJD", NULL, "'1x' is not a whole number" },
		{ "2:QUJD", "3:QUJD", "it has 2 pieces by one of them and 3 by another" },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_assembly assembly = { 0 };

		if (cases[i].second)
			assert_int_equal(fb_assembly_take(&assembly, cases[i].first, &err), 0);
		assert_int_equal(fb_assembly_take(&assembly, cases[i].second ? cases[i].second : cases[i].first, &err), -1);
		check_contains(err.text, cases[i].message);
		fb_assembly_clear(&assembly);
	}
}

/* Pieces that are well-formed, and what they make is not; or that never end. */
static void test_pieces_refuse_whole(void **state)
{
	struct fb_assembly assembly = { 0 };
	char *endless = malloc(40000);
	struct fb_blob blob;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_assembly_take(&assembly, "1:AA=A", &err), 0);
	assert_int_equal(fb_assembly_finish(&assembly, &blob, &err), FB_COLL_ERR_BOOTSTRAP);
	check_contains(err.text, "does not belong");
	fb_assembly_clear(&assembly);
	assert_non_null(endless);
	memset(endless, 'A', 40000);
	memcpy(endless, "2:", 2);
	endless[39999] = '\0';
	assert_int_equal(fb_assembly_take(&assembly, endless, &err), -1);
	check_contains(err.text, "longer than 16384 bytes");
	free(endless);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codec_round_trip),  cmocka_unit_test(test_codec_known),
		cmocka_unit_test(test_codec_refuses),	  cmocka_unit_test(test_card_round_trip),
		cmocka_unit_test(test_card_failure),	  cmocka_unit_test(test_pieces_round_trip),
		cmocka_unit_test(test_pieces_refuse),	  cmocka_unit_test(test_pieces_refuse_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
