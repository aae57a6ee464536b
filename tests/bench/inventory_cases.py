# SPDX-License-Identifier: Apache-2.0
"""What a large inventory costs: the pull of it, and the status of every asset that comes from it."""
import json
import subprocess
from contextlib import contextmanager

from tools import fail

ORGANIZATIONS = 200
PASSWORD = "not-a-secret"


def tenant(organizations, certificates):
    """A tenant in which each organization has its share of the certificates."""
    return {
        "customerUri": "university",
        "admins": [{"id": 7, "type": "API", "login": "certscour", "password": PASSWORD, "passwordState": "ALIVE",
                    "credentials": [{"role": "MRAO"}], "privileges": []}],
        "organizations": [{"id": n, "name": f"Organization {n}", "departments": []} for n in range(1, organizations + 1)],
        "domains": [],
        "certificates": [{
            "id": n, "commonName": f"host{n}.university.example", "orgId": n % organizations + 1, "status": "Issued",
            "validationType": "OV", "requester": "officer@university.example", "requestedVia": "REST API", "issued": "2026-09-01",
            "expires": "2027-09-01", "serialNumber": f"{n + (1 << 70):X}",
            "subjectAlternativeNames": [f"host{n}.university.example", f"www{n}.university.example"],
            "certificateDetails": {"issuer": "CN=Example Public CA", "sha1Hash": f"{n:040x}"}} for n in range(1, certificates + 1)],
    }


@contextmanager
def pretend_scm(bench, data):
    path = bench.folder / "tenant.json"
    path.write_text(json.dumps(data))
    process = subprocess.Popen([bench.build / "scm-simulator", "--data", path, "--address", "127.0.0.1"], stdout=subprocess.PIPE,
                               text=True)
    try:
        at = process.stdout.readline().strip()
        if not at:
            fail("scm-simulator does not start")
        yield f"http://{at}"
    finally:
        process.kill()
        process.wait()


def pull(bench, organizations, certificates):
    """One pull of everything into a new store."""
    secret, config = bench.folder / "scm-password", bench.folder / "scm.ini"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    with pretend_scm(bench, tenant(organizations, certificates)) as url:
        config.write_text(f"[scm]\nbase_url = {url}\ncustomer_uri = university\nlogin = certscour\npassword_file = {secret}\n"
                          "requests_per_s = 100\n")
        database = bench.folder / bench.fresh_store("scm.db")
        subprocess.run([bench.build / "certscour", "org", "add", "University", "--db", database], check=True)
        result = bench.measure(bench.build / "certscour", "scm", "pull", "--db", database, "--config", config, keep_output=True)
    if f"certificates    {certificates:,}" not in result["out"]:
        fail(f"the pull is not whole:\n{result['out']}")
    return result


def pulling(bench):
    many = 2000 if bench.quick else 20000
    few = pull(bench, 1, 200)
    all_of_it = pull(bench, ORGANIZATIONS, many)
    name = f"pull of {many:,} certificates, {ORGANIZATIONS} organizations"
    bench.figure(f"{name}: CPU a certificate", all_of_it["cpu_s"] / many * 1e6, unit="us")
    bench.figure(f"{name}: peak resident / of 200, 1", all_of_it["rss_kib"] / few["rss_kib"], 1.5)


INVENTORY_SQL = """
INSERT INTO inventory (provider, resource, pulled_at, row_count, run) VALUES ('scm', 'certificates', strftime('%s'), {count}, 1);
INSERT INTO inventory_certificate (provider, staged, external_id, detailed, common_name, names_key, serial, sha256, state, managed,
  issued, expires)
 SELECT 'scm', 0, id, 1, common_name, common_name, serial, iif(id % 2, sha256, NULL), 'Issued', 1, not_before, not_after
 FROM certificate WHERE id > 1000 AND id % {every} = 0 LIMIT {count}"""


def status_cost(bench, make_estate, connect):
    """The lists of all assets with their status and without, and both where there is no inventory."""
    assets, managed = (5000, 1000) if bench.quick else (100000, 20000)
    path = make_estate(bench, assets)

    def listing(columns):
        return lambda: bench.measure(bench.build / "certscour", "assets", "--db", path, "--format", "csv", "--columns", columns,
                                     keep_output=True)
    without = bench.interleaved({"status": listing("endpoint,status")})
    with connect(path) as db:
        db.executescript(INVENTORY_SQL.format(count=managed, every=assets // managed))
    rows = listing("status")()["out"].split()
    if rows.count("managed") != managed:
        fail(f"{rows.count('managed')} of {managed} assets are managed")
    found = bench.interleaved({"status": listing("endpoint,status"), "findings": listing("endpoint,status,findings")})
    name = f"status of {assets:,} assets, {managed:,} managed"
    bench.figure(f"{name}: CPU an asset", found["status"]["cpu_s"] / assets * 1e6, unit="us")
    bench.figure(f"{name}, CPU / without inventory", found["status"]["cpu_s"] / without["status"]["cpu_s"], 1.5)
    bench.figure(f"{name}, findings too / without inventory", found["findings"]["cpu_s"] / without["status"]["cpu_s"])
