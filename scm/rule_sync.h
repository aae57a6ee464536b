// SPDX-License-Identifier: Apache-2.0
/* Assignment rules between SCM and the local rule set. Each local rule may have a twin there, and what both
 * were when they last agreed is kept (db/rule_links.h): so a change on one side goes to the other, and a
 * change on both sides is left to people. */
#ifndef SCM_RULE_SYNC_H
#define SCM_RULE_SYNC_H

#include "scm/client.h"
#include "scm/rule_book.h"

enum rule_note_kind {
    RULE_ADDED,   /* pull: made here; push: made there */
    RULE_CHANGED, /* as it is on the other side now */
    RULE_LINKED,  /* two that were the same already are twins from now on */
    RULE_REMOVED, /* on the other side, and so on this one */
    RULE_KEPT,    /* differs from its twin, and is left so */
    RULE_SKIPPED, /* the other side cannot express it */
    RULE_OWNER,   /* an owner was made */
    RULE_WAITS,   /* push: behind --limit */
    RULE_NOTE_KINDS
};

struct rule_note {
    enum rule_note_kind kind;
    int64_t external_id; /* 0 = it has none */
    char *name;          /* owned */
    char *detail;        /* owned; the reason, or the lines of a difference; "" = nothing more to say */
};

struct rule_notes { /* zero-initialise; dispose after use */
    struct rule_note *items;
    size_t count;
    size_t cap;
    size_t counts[RULE_NOTE_KINDS];
};
CS_MUST_USE enum cs_err rule_notes_add(struct rule_notes *notes, enum rule_note_kind kind,
                                       int64_t external_id, const char *name, const char *detail,
                                       struct diag *diag);
void rule_notes_dispose(struct rule_notes *notes); /* idempotent */

/* The local name of a rule of SCM's: its own, or, where that is taken (`plain` false), with its id behind it;
 * cut to what a local name may have. */
void rule_local_name(struct buf *out, const char *name, int64_t external_id, bool plain);
/* Is `local` such a name of it? */
bool rule_name_is(const char *local, const char *name, int64_t external_id);

struct rule_pull_options { /* borrowed */
    struct client *client;
    struct store *store;
    const char *bucket; /* name or id; NULL = the rules of all, and those in none */
    bool accept_empty;  /* no rules where there were some before */
    bool overwrite;     /* what was changed here too becomes what SCM has */
    book_progress progress;
    void *context;
};

struct rule_pull_result {
    size_t unchanged;
    bool reordered;
    bool organizations; /* were asked for, since a rule's was not known */
    struct rule_notes notes;
};

/* Reads them all, then changes the local rules in one transaction; after any error they are as they were.
 * Errors of rule_book_read and client_call. */
CS_MUST_USE enum cs_err rule_pull(const struct rule_pull_options *options, struct rule_pull_result *result,
                                  struct diag *diag);

struct rule_push_options { /* borrowed */
    struct client *client;
    struct store *store;
    const char *bucket;             /* name or id */
    const struct owner_name *owner; /* only rules of that organization or department; NULL = all */
    uint32_t limit;                 /* rules made and changed, at most; 0 = no limit */
    bool apply;                     /* else it is a preview */
    bool overwrite;                 /* also what was changed in SCM since it was last read */
    bool remove;                    /* also what has been removed here */
    book_progress progress;
    void *context;
};

struct rule_push_result { /* dispose after use, also after an error */
    size_t unchanged;
    char bucket[REPLY_TEXT];
    size_t bucket_before; /* rules in it */
    size_t bucket_after;
    bool reordered; /* it has another list of rules now, or would have */
    char *order;    /* the lines of that difference; owned; NULL = none */
    size_t made;    /* with `apply`: what has been done */
    size_t changed;
    size_t removed;
    bool ordered;
    bool hides; /* one behind a rule that SCM does not have takes more there than here */
    struct rule_notes notes;
};

/* Compares, and with `apply` makes and changes rules in SCM and orders them in the bucket. What is done is
 * remembered at once: after an error, or a kill, the same again does only what is left. */
CS_MUST_USE enum cs_err rule_push(const struct rule_push_options *options, struct rule_push_result *result,
                                  struct diag *diag);
void rule_push_result_dispose(struct rule_push_result *result);

#endif
