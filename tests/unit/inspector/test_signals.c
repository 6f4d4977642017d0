#include "test.h"

#include <stdio.h>
#include <string.h>

#include "inspector/fold.h"
#include "inspector/signals.h"

static const char lines[] = "phrase\t3.2\tmobilisation reserve\n"
			    "phrase\t3.2\tＲadar network\n"
			    "phrase\t4.1\t动员储备比例\n"
			    "phrase\t4.1\tradar\n"
			    "phrase\t9.9\t\n"
			    "nonsense\n"
			    "portion\tU\tU\n"
			    "portion\tC\tC\n"
			    "portion\tS\tS\n"
			    "portion\tTS\tTS\n"
			    "level\tTS\tTOP SECRET\n"
			    "level\tS\tSecret\n"
			    "level\tJM\t机密\n"
			    "level\tMM\t秘密\n"
			    "regime\twork-secret\t工作秘密\n"
			    "regime\tother-protected\tCUI\n";

static struct signals *signals;

static void expect_matches(const char *text, const char *answer)
{
	OWN_BUFFER struct buffer b = {0};

	assert_int_equal(signals_match(signals, bytes_of_text(text), &b), 0);
	if (!bytes_equal_text(buffer_bytes(&b), answer))
		print_error("%s: %.*s", text, (int)b.n, (const char *)b.at);
	assert_true(bytes_equal_text(buffer_bytes(&b), answer));
}

static void test_phrases_are_found_by_offset(void **state)
{
	(void)state;
	expect_matches("", "");
	expect_matches("The Mobilisation RESERVE ratio.", "3.2 101 4+20\n");
	expect_matches("radar network, radar", "4.1 102 0+5,15+5\n3.2 101 0+13\n");
	expect_matches("Ｒａｄａｒ", "4.1 101 0+15\n");
	expect_matches("radars and myradar", "");
	expect_matches("一动员储备\n比 例。", "4.1 101 3+20\n");
	expect_matches("mobilisation\n   reserve", "3.2 101 0+23\n");
	expect_matches("radar\xff radar", "4.1 102 0+5,7+5\n");
}

static void test_the_better_item_comes_first_and_places_are_bounded(void **state)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer b = {0};

	(void)state;
	for (int i = 0; i < 200; i++)
		buffer_add_text(&text, "radar ");
	buffer_add_text(&text, "mobilisation reserve radar network");
	assert_int_equal(signals_match(signals, buffer_bytes(&text), &b), 0);
	buffer_u8(&b, 0);
	assert_ptr_equal(strstr((char *)b.at, "3.2 202 "), b.at);
	assert_non_null(strstr((char *)b.at, "\n4.1 199 0+5,6+5,12+5,18+5,24+5,30+5,36+5,42+5\n"));
}

static void expect_mark(const char *text, const char *level, const char *mark, const char *term)
{
	struct mark_seen seen;

	assert_int_equal(signals_find_mark(signals, bytes_of_text(text), &seen), 0);
	assert_string_equal(seen.level, level);
	assert_string_equal(seen.mark, mark);
	assert_string_equal(seen.term, term);
}

static void expect_portion(const char *text, const char *mark)
{
	struct mark_seen seen;

	assert_int_equal(signals_find_mark(signals, bytes_of_text(text), &seen), 0);
	signals_add_portion(signals, bytes_of_text(text), &seen);
	assert_string_equal(seen.mark, mark);
}

/* R61: the highest one goes with the banner. */
static void test_the_highest_portion_is_told(void **state)
{
	OWN_BUFFER struct buffer far = {0};

	(void)state;
	expect_portion("SECRET\n(U) Open.\n  (S//NF) Closed.\n(C) Less.\n", "SECRET\n(S)");
	expect_portion("SECRET\n(U) Open.\n", "SECRET\n(U)");
	expect_portion("SECRET\nIn a sentence (TS) is no portion.\n(s) nor this\n(TSX) nor this\n(S nor this", "SECRET");
	expect_portion("SECRET\n(C) 2026 A Company\n(C) Copyright of it\n", "SECRET");
	expect_portion("No banner\n(TS) Closed.\n", "");
	buffer_add_text(&far, "SECRET\n");
	for (size_t i = 0; i < SIGNALS_HEAD; i++)
		buffer_add_text(&far, "x\n");
	buffer_add_text(&far, "(TS) far behind");
	buffer_u8(&far, 0);
	expect_portion((const char *)far.at, "SECRET\n(TS)");
}

static void test_marks_are_found_by_their_shape(void **state)
{
	(void)state;
	expect_mark("机密★10年\n标题\n", "JM", "机密★10年", "10年");
	expect_mark("编号 0012　秘密 ★ 2030年6月30日\n", "MM", "秘密 ★ 2030年6月30日", "2030年6月30日");
	expect_mark("密级：机密\n", "JM", "机密", "");
	expect_mark("\n  TOP SECRET//NOFORN \nx", "TS", "TOP SECRET//NOFORN", "//NOFORN");
	expect_mark("SECRET\nClassified By: A. Miller\nReason: 1.4(a)\nText follows", "S",
		    "SECRET\nClassified By: A. Miller\nReason: 1.4(a)", "");
	expect_mark("Classification: Secret\n", "S", "Secret", "");
	expect_mark("机密★10年\n标题\n机密★10年\n", "JM", "机密★10年", "10年");
	expect_mark("秘密★5年\n标题\n机密★10年\n秘密\n", "MM", "秘密★5年\n机密★10年", "5年");
}

/* What is no state secret is known by the first line of its mark; a level in the same text outweighs it. */
static void test_marks_of_regimes(void **state)
{
	(void)state;
	expect_mark("工作秘密\n标题\n", "", "工作秘密", "");
	expect_mark("x\n CUI \nControlled by: planning\nDecontrol on: 2030-01-01\ntext", "",
		    "CUI\nControlled by: planning\nDecontrol on: 2030-01-01", "");
	expect_mark("CUI//SP-PRVCY\n", "", "CUI//SP-PRVCY", "//SP-PRVCY");
	expect_mark("CUI\nControlled by: planning\n\nSECRET\n", "S", "SECRET", "");
	expect_mark("SECRET//NOFORN\nCUI\n", "S", "SECRET//NOFORN", "//NOFORN");
	expect_mark("CUIR\nCUI is a word here\nabout CUI\n工作秘密管理办法\n", "", "", "");
}

static void test_words_are_no_marks(void **state)
{
	(void)state;
	expect_mark("The secretary orders bread.\n", "", "", "");
	expect_mark("Secretary of state\nSecret agents were there.\n", "", "", "");
	expect_mark("本文讨论国家机密文件的管理。\n", "", "", "");
	expect_mark("", "", "", "");
}

static void test_folding_leads_back(void **state)
{
	struct folded f;
	struct bytes source = bytes_of_text("Ａ  b\xe2\x80\x8b"
					    "C 中 文\xff");
	struct bytes back;

	(void)state;
	assert_int_equal(fold(source, FOLD_JOIN_LINES, &f), 0);
	assert_true(bytes_equal(buffer_bytes(&f.text), bytes_of_text("a bc中文\xff")));
	back = fold_source(&f, 0, 1);
	assert_true(bytes_equal_text(back, "Ａ"));
	back = fold_source(&f, 2, 2);
	assert_true(bytes_equal(back, bytes_of_text("b\xe2\x80\x8b"
						    "C")));
	back = fold_source(&f, 4, 6);
	assert_true(bytes_equal_text(back, "中 文"));
	fold_done(&f);
}

static int set_up(void **state)
{
	(void)state;
	return signals_new(bytes_of_text(lines), &signals);
}

static int tear_down(void **state)
{
	(void)state;
	signals_free(signals);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_phrases_are_found_by_offset),
	    cmocka_unit_test(test_the_better_item_comes_first_and_places_are_bounded),
	    cmocka_unit_test(test_marks_are_found_by_their_shape),
	    cmocka_unit_test(test_the_highest_portion_is_told),
	    cmocka_unit_test(test_words_are_no_marks),
	    cmocka_unit_test(test_marks_of_regimes),
	    cmocka_unit_test(test_folding_leads_back),
	};

	return cmocka_run_group_tests_name("signals", tests, set_up, tear_down);
}
