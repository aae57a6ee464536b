// SPDX-License-Identifier: Apache-2.0
/* Contact mails of SCM's for owners that have none. */
#include <stdio.h>

#include "app/scm_pulls.h"
#include "base/text.h"
#include "db/inventory_contact.h"
#include "scm/contact.h"

static void print_proposal(const char *owner, const struct contact *contact)
{
    struct buf line = {0};
    buf_append_str(&line, "certscour org set ");
    text_append_shell_word(&line, owner);
    buf_append_str(&line, " --mail ");
    text_append_shell_word(&line, contact->mail);
    if (contact->count > 1)
        buf_printf(&line, "  # the first of %u addresses", contact->count);
    puts(buf_str(&line));
    buf_dispose(&line);
}

static enum cs_err offer_mail(struct app *app, const struct inventory_mailless *without,
                              const struct contact *contact, bool take)
{
    struct buf owner = {0};
    bool taken;
    enum cs_err err = CS_OK;
    owner_append(&owner, without->owner.organization, without->owner.department);
    if (take)
        err = inventory_take_mail(app->store, without->owner_id, contact->mail, &taken, &app->diag);
    else
        print_proposal(buf_str(&owner), contact);
    if (take && err == CS_OK && taken)
        printf("%-16s%s: %s\n", "mail taken", buf_str(&owner), contact->mail);
    buf_dispose(&owner);
    return err;
}

/* What is asked of SCM here is for those alone whose mail is not known. A refusal ends it, and not the pull,
 * whose organizations are in. */
enum cs_err scm_offer_mails(struct app *app, struct client *client, bool take)
{
    struct inventory_mailless without = {0};
    struct contact contact;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        err = inventory_next_mailless(app->store, INVENTORY_SCM, without.external_id, &without, &app->diag);
        if (err != CS_OK)
            return err == CS_E_NOT_FOUND ? CS_OK : err;
        err = contact_read(client, without.external_id, &contact, &app->diag);
        if ((err == CS_E_IO || err == CS_E_MALFORMED) && !take) {
            app_note("no contact mails are proposed: %s", app->diag.text);
            return CS_OK;
        }
        if (err == CS_OK && contact.count > 0)
            err = offer_mail(app, &without, &contact, take);
    }
    return err;
}
