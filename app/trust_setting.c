// SPDX-License-Identifier: Apache-2.0
/* A CA that an administrator has added to the system's store is no public one: update-ca-certificates(8)
 * merges those of /usr/local/share/ca-certificates into the same bundle, so they are read first, as one's
 * own. */
#include "app/trust_setting.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/file_text.h"
#include "base/text.h"
#include "db/chain_verdicts.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define MAX_BUNDLE    ((size_t)64 << 20)
#define FEW_CHAINS    5000 /* a second or two */

static const char *const local_patterns[] = {"/usr/local/share/ca-certificates/*.crt",
                                             "/usr/local/share/ca-certificates/*/*.crt"};

static enum cs_err add_file(struct app *app, struct trust *trust, const char *path, enum root_kind kind)
{
    struct buf text = {0};
    size_t added = 0;
    enum cs_err err = file_text_read(&text, path, MAX_BUNDLE, &app->diag);
    if (err == CS_OK) {
        err = trust_add_pem(trust, buf_str(&text), text.len, kind, &added);
        if (err != CS_OK)
            diag_set(&app->diag, "%s: %s", path, cs_err_text(err));
        else if (added == 0)
            err = diag_fail(&app->diag, CS_E_INVALID, "%s: no certificate in it; expected PEM", path);
    }
    buf_dispose(&text);
    return err;
}

/* A list with commas between. */
static enum cs_err add_own(struct app *app, struct trust *trust, const char *paths)
{
    enum cs_err err = CS_OK;
    char *copy = text_copy(paths);
    char *rest = NULL;
    if (copy == NULL)
        return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    for (char *path = strtok_r(copy, ",", &rest); path != NULL && err == CS_OK;
         path = strtok_r(NULL, ",", &rest)) {
        path += strspn(path, " ");
        err = add_file(app, trust, path, ROOT_OWN);
        if (err != CS_OK)
            diag_prefix(&app->diag, "[trust] roots");
    }
    free(copy);
    return err;
}

/* What cannot be read there is not ours to complain of. */
static void add_local(struct app *app, struct trust *trust)
{
    for (size_t i = 0; i < sizeof local_patterns / sizeof local_patterns[0]; i++) {
        glob_t found = {0};
        if (glob(local_patterns[i], 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++) {
                if (add_file(app, trust, found.gl_pathv[k], ROOT_OWN) != CS_OK)
                    diag_set(&app->diag, "%s", "");
            }
        }
        globfree(&found);
    }
}

static enum cs_err add_system(struct app *app, struct trust *trust)
{
    const char *path = config_get(&app->config, "trust", "system");
    if (path != NULL && strcmp(path, "none") == 0)
        return CS_OK;
    if (path == NULL && access(SYSTEM_BUNDLE, R_OK) != 0)
        return CS_OK;
    if (path == NULL)
        add_local(app, trust);
    enum cs_err err = add_file(app, trust, path != NULL ? path : SYSTEM_BUNDLE, ROOT_PUBLIC);
    if (err != CS_OK)
        diag_prefix(&app->diag, "[trust] system");
    return err;
}

enum cs_err trust_setting(struct app *app, struct trust **out)
{
    struct trust *trust = NULL;
    const char *own = config_get(&app->config, "trust", "roots");
    *out = NULL;
    enum cs_err err = trust_new(&trust);
    if (err != CS_OK)
        return diag_fail(&app->diag, err, "out of memory");
    if (own != NULL)
        err = add_own(app, trust, own);
    if (err == CS_OK)
        err = add_system(app, trust);
    if (err == CS_OK && trust_count(trust) > 0) {
        *out = trust;
        return CS_OK;
    }
    if (err == CS_OK)
        app_note("no root certificates (%s, [trust] roots): no chain is judged", SYSTEM_BUNDLE);
    trust_free(trust);
    return err;
}

/* By a connection of its own, for the reader's cannot write. What keeps it from writing is no error. */
static void refresh(struct app *app, struct trust *trust)
{
    struct store *writer = NULL;
    struct diag diag = {0};
    enum cs_err err = store_open(&writer, store_path(app->store), STORE_WRITE, &diag);
    if (err == CS_OK)
        err = chain_verdicts_refresh(writer, trust, app_now_s(), &diag);
    if (err != CS_OK)
        app_note("chains are shown as they were judged under other root certificates: %s", diag.text);
    store_close(writer);
}

enum cs_err trust_refresh_for_reading(struct app *app)
{
    struct trust *trust = NULL;
    size_t stale = 0;
    enum cs_err err = trust_setting(app, &trust);
    if (err != CS_OK || trust == NULL)
        return err;
    err = chain_verdicts_stale(app->store, trust, FEW_CHAINS + 1, &stale, &app->diag);
    if (err == CS_OK && stale > FEW_CHAINS)
        app_note(
            "more than %d chains are shown as they were judged under other root certificates; `certscour "
            "roots apply` or the next scan judges them again",
            FEW_CHAINS);
    else if (err == CS_OK && stale > 0)
        refresh(app, trust);
    trust_free(trust);
    return err;
}
