/* Puts a report's notes into words. It takes none of them into account. */
#include "notes.h"

#include "line.h"
#include "location.h"

#include <stdlib.h>

static const struct {
    enum report_note note;
    struct words before, behind;
} notes[] = {
#define SKEW_WORDS(...)
#define NOTE_WORDS(note, before_en, behind_en, before_ja, behind_ja)                                                   \
    { note, { { before_en, before_ja } }, { { behind_en, behind_ja } } },
#include "notes.def"
#undef NOTE_WORDS
#undef SKEW_WORDS
};

static const struct {
    int32_t seconds;
    struct words name;
} units[] = {
#define NOTE_WORDS(...)
#define SKEW_WORDS(seconds, en, ja) { seconds, { { en, ja } } },
#include "notes.def"
#undef NOTE_WORDS
#undef SKEW_WORDS
};

static const struct words asked_never = { { "the endpoint has not been asked yet", "エンドポイントは未確認です" } };
static const struct words asked_long_ago = { { "the endpoint has not been asked for too long",
                                               "エンドポイントが長期間確認されていません" } };
static const struct words not_asked = { { "the endpoint could not be asked: ",
                                          "エンドポイントに問い合わせできません: " } };

/* In the largest unit of which there are several. */
static void add_skew(struct line *line, int32_t skew_s)
{
    const int64_t off_s = llabs((int64_t)skew_s);
    size_t at = 0;
    while (at + 1 < sizeof units / sizeof *units && off_s < 2 * (int64_t)units[at].seconds)
        at++;
    line_add(line, "%lld", (long long)((off_s + units[at].seconds / 2) / units[at].seconds));
    line_add_words(line, &units[at].name);
}

/* The report is looked at where a note has something to name. */
static void add_note(struct line *line, size_t i, const struct report *report)
{
    line_add_words(line, &notes[i].before);
    if (notes[i].note == NOTE_CLOCK_OFF)
        add_skew(line, report->clock_skew_s);
    else if (notes[i].note == NOTE_VALUE_ODD)
        line_add(line, "%s", report->odd);
    line_add_words(line, &notes[i].behind);
}

/* The notes that there is room for; of those that there is none for, how many they are. */
static void add_notes(struct line *line, uint32_t which, const struct report *report, size_t bytes)
{
    enum { MORE_BYTES = sizeof "; +99" - 1 };
    unsigned left = (unsigned)__builtin_popcount(which);
    static const char mark[] = "; ";

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        struct line longer = *line;
        if (!(which & notes[i].note))
            continue;
        if (line->used > 0)
            line_add(&longer, "%s", mark);
        add_note(&longer, i, report);
        /* One that is alone is cut, if it must be. */
        if (line->used > 0 && longer.used + (left > 1 ? MORE_BYTES : 0) >= bytes) {
            line_add(line, "%s+%u", mark, left);
            return;
        }
        *line = longer;
        left--;
    }
}

size_t notes_text(char *buffer, size_t bytes, enum language language, const struct evidence *evidence,
                  enum location expected, bool is_asked)
{
    static const struct report silent = { .odd = "" };
    const struct contact *asked = &evidence->asked;
    const struct report *report = evidence->known.report;
    const struct fact_value *found = &evidence->known.facts[FACT_LOCATION];
    const uint32_t judged = found->mono_ms ? location_note((enum location)found->value, expected) : 0;
    const uint32_t file = evidence->known.files == FILES_UNREADABLE ? NOTE_FILE_UNREADABLE
                          : evidence->known.files == FILES_NO_SHELL ? NOTE_NO_SHELL
                                                                    : 0;
    /* Who else tells it has made the endpoint's question needless. */
    const uint32_t moot = evidence->known.facts[FACT_SMART_PROTECTION].mono_ms ? NOTE_INTERNET_UNASKED : 0;
    struct line line = line_begin(language);

    if (asked->mono_ms && asked->cause != CAUSE_NONE && cause_is_evidence(asked->cause)) {
        line_add_words(&line, &not_asked);
        line_add(&line, "%s", cause_text(asked->cause, line.language));
    } else if (report || file || judged) {
        report = report ? report : &silent;
        add_notes(&line, (report->notes | file | judged) & ~moot, report, bytes);
    } else if (is_asked && asked->cause != CAUSE_NONE) {
        line_add_words(&line, asked->mono_ms ? &asked_long_ago : &asked_never);
    }
    return line_finish(&line, buffer, bytes);
}
