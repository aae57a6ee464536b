// SPDX-License-Identifier: Apache-2.0
#include "app/scm_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/inventory.h"

static enum cs_err begin(void *context, const char *call, const char *about, int64_t *row, struct diag *diag)
{
    struct scm_journal *journal = context;
    return sent_log_begin(journal->store, &journal->by, journal->push_id, call, about, app_now_s(), row,
                          diag);
}

static enum cs_err end(void *context, int64_t row, int status, const char *said, struct diag *diag)
{
    struct scm_journal *journal = context;
    return sent_log_end(journal->store, row, status, said, app_now_s(), diag);
}

static void find_user(char *out, size_t size)
{
    const struct passwd *user = getpwuid(getuid());
    if (user != NULL && user->pw_name != NULL)
        snprintf(out, size, "%s", user->pw_name);
    else
        snprintf(out, size, "%u", (unsigned)getuid());
}

/* A file of its own beside the database: closing one of the database's would give SQLite's locks away. */
static enum cs_err lock(struct scm_journal *journal, const struct store *store, struct diag *diag)
{
    struct buf path = {0};
    struct stat info;
    mode_t mode = stat(store_path(store), &info) == 0 ? info.st_mode & 0666 : 0600;
    enum cs_err err = CS_OK;
    buf_printf(&path, "%s-push", store_path(store));
    journal->lock_fd = path.err == CS_OK ? open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, mode) : -1;
    if (journal->lock_fd < 0)
        err = diag_fail(diag, CS_E_IO, "%s: %s", buf_str(&path), strerror(errno));
    else if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) != 0)
        err = diag_fail(diag, CS_E_BUSY, "another certscour is sending to SCM just now (%s)", buf_str(&path));
    else if (fchmod(journal->lock_fd, mode) != 0 &&
             errno != EPERM) /* whatever the umask; else another's file */
        err = diag_fail(diag, CS_E_IO, "%s: %s", buf_str(&path), strerror(errno));
    buf_dispose(&path);
    return err;
}

enum cs_err scm_journal_open(struct scm_journal *journal, struct app *app, struct scm_session *session)
{
    *journal = (struct scm_journal){
        .journal = {begin, end, journal, 0},
        .store = app->store,
        .by = {INVENTORY_SCM, session->base_url, auth_account(session->auth), journal->local_user},
        .lock_fd = -1,
    };
    find_user(journal->local_user, sizeof journal->local_user);
    session->client.journal = &journal->journal;
    return lock(journal, app->store, &app->diag);
}

void scm_journal_close(struct scm_journal *journal)
{
    if (journal->store != NULL && journal->lock_fd >= 0)
        close(journal->lock_fd);
    *journal = (struct scm_journal){.lock_fd = -1};
}
