/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's looks at workspaces: accounting against settings, limits, guarantees, directories; and at topology.json. */
#include "findings.h"

#include <errno.h>

#include "flightbase/check_accounting.h"
#include "flightbase/check_gates.h"
#include "flightbase/gate.h"
#include "flightbase/check_guarantees.h"
#include "flightbase/check_limits.h"
#include "flightbase/check_topology.h"

/* A site of two workspaces as it should be: vision with limits, nlp with a guarantee. */
struct site {
	struct fb_workspace settings[2];
	struct fb_member member[3];
	struct fb_view view[2];
	struct fb_views views;
	struct fb_account_qos qos[4];
	const struct fb_account_qos *allowed[2][3];
	struct fb_account_assoc assoc[5];
	struct fb_accounts accounts;
};

enum { NORMAL, PREEMPTIBLE, WS_VISION, WS_NLP };
enum { ROOT, VISION, VISION_ALICE, VISION_BOB, NLP };

static void make_accounts(struct site *s)
{
	static const char *const names[] = { "normal", "preemptible", "ws-vision", "ws-nlp" };

	for (uint32_t i = 0; i < 4; i++)
		s->qos[i] = (struct fb_account_qos){ .name = names[i], .id = i + 1, .group_gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED,
						     .job_gpus = FB_UNLIMITED, .factor = 1, .preempts_lent = i >= WS_VISION,
						     .priority = i >= WS_VISION ? 100 : 0 };
	s->qos[WS_VISION].user_gpus = 6;
	s->qos[WS_VISION].job_gpus = 4;
	for (int w = 0; w < 2; w++) {
		s->allowed[w][0] = &s->qos[WS_VISION + w];
		s->allowed[w][1] = &s->qos[PREEMPTIBLE];
	}
	const struct fb_account_assoc vision = { .account = "vision", .parent = "root", .gpus = 16, .job_gpus = FB_UNLIMITED,
						 .default_qos = "ws-vision", .qos_count = 2, .qos = s->allowed[0] };
	s->assoc[ROOT] = (struct fb_account_assoc){ .account = "root", .gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED };
	s->assoc[VISION] = s->assoc[VISION_ALICE] = s->assoc[VISION_BOB] = s->assoc[NLP] = vision;
	s->assoc[VISION_ALICE].user = "alice";
	s->assoc[VISION_BOB].user = "bob";
	s->assoc[NLP].account = "nlp";
	s->assoc[NLP].default_qos = "ws-nlp";
	s->assoc[NLP].qos = s->allowed[1];
	s->accounts = (struct fb_accounts){ .qos_count = 4, .qos = s->qos, .assoc_count = 5, .assoc = s->assoc };
}

static void make_site(struct site *s)
{
	*s = (struct site){ .settings = { { .name = "nlp", .guarantee = 8 }, { .name = "vision" } } };
	s->member[0] = (struct fb_member){ .name = (char *)"alice", .member = true, .manager = true };
	s->member[1] = (struct fb_member){ .name = (char *)"bob", .member = true };
	for (int w = 0; w < 2; w++) {
		s->view[w] = (struct fb_view){ .settings = &s->settings[w], .account = true, .qos = true, .gpus = 16,
					       .user_gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED, .members = 2, .member = s->member };
		snprintf(s->view[w].name, sizeof(s->view[w].name), "%s", s->settings[w].name);
	}
	s->views = (struct fb_views){ .count = 2, .view = s->view };
	make_accounts(s);
}

/* All that is pure, on the whole site. */
static void look(struct site *s, struct fb_report *report)
{
	fb_accounts_index(&s->accounts);
	*report = (struct fb_report){ .count = 0 };
	for (int w = 0; w < 2; w++) {
		char own[80];

		snprintf(own, sizeof(own), "ws-%s", s->view[w].name);
		fb_check_workspace(&s->view[w], fb_accounts_account(&s->accounts, s->view[w].name), fb_accounts_qos(&s->accounts, own), report);
	}
	fb_check_limits_qos(&s->views, &s->accounts, "preemptible", report);
	for (int i = VISION_ALICE; i <= VISION_BOB; i++)
		fb_check_limits_member(&s->assoc[i], &s->assoc[VISION], report);
	free(s->accounts.account);
	s->accounts.account = NULL;
	s->accounts.account_count = 0;
}

static void no_account(struct site *s) { s->view[1].account = false; }
static void no_settings(struct site *s) { s->view[1].settings = NULL; }
static void broken_settings(struct site *s) { s->view[1].settings = NULL; s->view[1].file = true; }
static void closed(struct site *s) { s->view[1].closed = true; }
static void only_qos(struct site *s) { s->view[1].settings = NULL; s->view[1].account = false; }
static void no_quota(struct site *s) { s->view[1].gpus = FB_UNLIMITED; }
static void big_guarantee(struct site *s) { s->settings[1].guarantee = 17; }
static void no_qos(struct site *s) { s->qos[WS_VISION].name = "other"; }
static void other_default(struct site *s)
{
	s->assoc[VISION].default_qos = s->assoc[VISION_ALICE].default_qos = s->assoc[VISION_BOB].default_qos = NULL;
}
static void other_parent(struct site *s) { s->assoc[VISION].parent = "physics"; }
static void no_members(struct site *s) { s->view[1].members = 0; }
static void manager_only(struct site *s) { s->member[0].member = false; }
static void group_limit(struct site *s) { s->qos[PREEMPTIBLE].group_gpus = 4; }
static void factor(struct site *s) { s->qos[WS_VISION].factor = 2; }
static void normal_allowed(struct site *s)
{
	s->allowed[0][2] = &s->qos[NORMAL];
	s->assoc[VISION].qos_count = s->assoc[VISION_ALICE].qos_count = s->assoc[VISION_BOB].qos_count = 3;
}
static void normal_not_looser(struct site *s)
{
	normal_allowed(s);
	s->qos[NORMAL].user_gpus = 6;
	s->qos[NORMAL].job_gpus = 3;
}
static void alice_more_qos(struct site *s) { s->allowed[0][2] = &s->qos[NORMAL]; s->assoc[VISION_ALICE].qos_count = 3; }
static void alice_other_default(struct site *s) { s->assoc[VISION_ALICE].default_qos = "preemptible"; }
static void alice_more_gpus(struct site *s) { s->assoc[VISION].job_gpus = s->assoc[VISION_BOB].job_gpus = 4; s->assoc[VISION_ALICE].job_gpus = 5; }
static void alice_longer(struct site *s) { s->assoc[VISION].minutes = s->assoc[VISION_BOB].minutes = 60; }
static void alice_fewer_gpus(struct site *s) { s->assoc[VISION].job_gpus = s->assoc[VISION_BOB].job_gpus = 4; s->assoc[VISION_ALICE].job_gpus = 3; }

static void test_workspaces(void **state)
{
	static const struct {
		void (*change)(struct site *s);
		size_t errors, warnings;
		enum fb_severity severity;
		const char *object, *text, *fix;
	} table[] = {
		{ no_account, 1, 0, FB_ERROR, "workspace 'vision'", "has settings but no account",
		  "flightbase workspace create vision --gpus NUMBER --manager USER" },
		{ no_settings, 1, 0, FB_ERROR, "workspace 'vision'", "has an account and a QOS but no settings file",
		  "workspaces.d/vision.json" },
		{ broken_settings, 1, 0, FB_ERROR, "workspace 'vision'", "its settings file is broken", "correct " },
		{ closed, 0, 1, FB_WARNING, "workspace 'vision'", "takes no submissions", "flightbase workspace delete vision --drain" },
		{ only_qos, 0, 1, FB_WARNING, "workspace 'vision'", "only its QOS is left", "sacctmgr -i delete qos ws-vision" },
		{ no_quota, 0, 1, FB_WARNING, "workspace 'vision'", "has no quota",
		  "flightbase workspace modify vision --gpus NUMBER" },
		{ big_guarantee, 1, 0, FB_ERROR, "workspace 'vision'", "is guaranteed 17 GPUs, but its quota is 16",
		  "flightbase workspace modify vision --guarantee 16" },
		{ no_qos, 0, 1, FB_WARNING, "workspace 'vision'", "has no QOS ws-vision", "flightbase workspace modify vision" },
		{ other_default, 1, 0, FB_ERROR, "workspace 'vision'", "its jobs run in QOS 'normal', not in 'ws-vision'",
		  "flightbase workspace modify vision" },
		{ other_parent, 0, 1, FB_WARNING, "workspace 'vision'", "is below account 'physics'", "set parent=root" },
		{ no_members, 0, 2, FB_WARNING, "workspace 'vision'", "has no members",
		  "flightbase workspace add-user vision USER" },
		{ manager_only, 0, 2, FB_WARNING, "workspace 'vision'", "manager 'alice' is no member",
		  "flightbase workspace add-user vision alice" },
		{ group_limit, 1, 0, FB_ERROR, "QOS 'preemptible'",
		  "has GrpTRES=gres/gpu=4, which takes the place of the quotas of 2 workspaces (vision, nlp)",
		  "sacctmgr -i modify qos preemptible set GrpTRES=gres/gpu=-1" },
		{ factor, 1, 0, FB_ERROR, "QOS 'ws-vision'",
		  "has LimitFactor=2, which multiplies the quotas of 1 workspaces (vision)", "set LimitFactor=-1" },
		{ normal_allowed, 0, 1, FB_WARNING, "QOS 'normal'",
		  "may be used in 1 workspaces (vision) and lacks their limits", "QosLevel-=normal" },
		{ normal_not_looser, 0, 0, FB_OK, "QOS 'normal'", "leaves the workspaces' limits", NULL },
		{ alice_more_qos, 0, 2, FB_WARNING, "user 'alice' in 'vision'",
		  "may use QOS that the workspace may not: normal", "modify user alice where account=vision" },
		{ alice_other_default, 0, 1, FB_WARNING, "user 'alice' in 'vision'", "runs in QOS 'preemptible' by default",
		  "set DefaultQOS=-1" },
		{ alice_more_gpus, 0, 1, FB_WARNING, "user 'alice' in 'vision'", "more GPUs in a job than the workspace's 4",
		  "MaxTRESPerJob=gres/gpu=-1" },
		{ alice_longer, 0, 1, FB_WARNING, "user 'alice' in 'vision'", "longer than the workspace's 01:00:00",
		  "MaxWall=-1" },
		{ alice_fewer_gpus, 0, 0, FB_OK, "workspace 'vision'", "agree", NULL },
	};
	struct fb_report report;
	struct site site;

	(void)state;
	make_site(&site);
	look(&site, &report);
	check_counts(&report, 0, 0);
	fb_report_free(&report);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		make_site(&site);
		table[i].change(&site);
		look(&site, &report);
		check_counts(&report, table[i].errors, table[i].warnings);
		check_finding(&report, table[i].severity, table[i].object, table[i].text, table[i].fix);
		fb_report_free(&report);
	}
}

static void test_partitions(void **state)
{
	struct fb_account_qos plain = { .name = "part", .group_gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED, .factor = 1 };
	struct fb_account_qos group = plain, user = plain, scaled = plain;
	struct fb_report report = { .count = 0 };

	(void)state;
	group.group_gpus = 0;
	user.user_gpus = 3;
	scaled.factor = 1.5;
	fb_check_limits_partition("a", &plain, &report);
	fb_check_limits_partition("b", &group, &report);
	fb_check_limits_partition("c", &user, &report);
	fb_check_limits_partition("d", &scaled, &report);
	check_counts(&report, 2, 1);
	check_finding(&report, FB_OK, "partition 'a'", "leaves the workspaces' limits", NULL);
	check_finding(&report, FB_ERROR, "partition 'b'", "its QOS 'part' has GrpTRES=gres/gpu, which takes the place", "modify qos part set GrpTRES=gres/gpu=-1");
	check_finding(&report, FB_WARNING, "partition 'c'", "limits of a user or of a job", "MaxTRESPerUser=gres/gpu=-1");
	check_finding(&report, FB_ERROR, "partition 'd'", "has a LimitFactor", "set LimitFactor=-1");
	fb_report_free(&report);
}

static void test_guarantees(void **state)
{
	slurm_conf_t conf = { .preempt_type = (char *)"preempt/qos", .preempt_mode = PREEMPT_MODE_REQUEUE };
	struct fb_report report = { .count = 0 };
	struct site site;

	(void)state;
	make_site(&site);
	fb_check_guarantee_sum(&site.views, 8, "preemptible", &site.accounts, &conf, &report);
	check_counts(&report, 0, 0);
	check_finding(&report, FB_OK, "sum", "8 of 8 GPUs are guaranteed", NULL);
	fb_report_free(&report);
	fb_check_guarantee_sum(&site.views, 7, "preemptible", &site.accounts, &conf, &report);
	check_counts(&report, 1, 0);
	check_finding(&report, FB_ERROR, "sum", "8 GPUs are guaranteed, but the cluster has 7", "by 1 in all");
	fb_report_free(&report);
	site.qos[PREEMPTIBLE].priority = 100;
	site.qos[WS_NLP].priority = 101;
	fb_check_guarantee_sum(&site.views, 8, "preemptible", &site.accounts, &conf, &report);
	check_counts(&report, 0, 1);
	check_finding(&report, FB_WARNING, "priority", "the QOS of 1 workspaces (vision) are not above QOS 'preemptible' of priority 100",
		      "sacctmgr -i modify qos ws-NAME set Priority=200");
	site.qos[PREEMPTIBLE].priority = 0;
	fb_report_free(&report);
	conf.preempt_mode = PREEMPT_MODE_OFF;
	site.qos[WS_NLP].preempts_lent = false;
	fb_check_guarantee_sum(&site.views, -1, "preemptible", &site.accounts, &conf, &report);
	check_counts(&report, 0, 2);
	check_finding(&report, FB_UNCHECKED, "sum", "how many the cluster has is not to be told", NULL);
	check_finding(&report, FB_WARNING, "PreemptMode", "does not requeue", "PreemptMode=REQUEUE");
	check_finding(&report, FB_WARNING, "preemption", "1 workspaces with a guarantee cannot take lent GPUs back (nlp)", "flightbase workspace modify NAME");
	fb_report_free(&report);
	conf.preempt_type = (char *)"preempt/none";
	fb_check_guarantee_sum(&site.views, 8, "spare", &site.accounts, &conf, &report);
	check_counts(&report, 0, 2);
	check_finding(&report, FB_WARNING, "PreemptType", "'preempt/none', not preempt/qos", "PreemptType=preempt/qos");
	check_finding(&report, FB_WARNING, "preemption", "there is no QOS 'spare'", "flightbase workspace modify NAME");
	fb_report_free(&report);
	site.settings[0].guarantee = 0;
	fb_check_guarantee_sum(&site.views, 0, "spare", NULL, NULL, &report);
	check_finding(&report, FB_OK, "sum", "no workspace has a guarantee", NULL);
	fb_report_free(&report);
}

static bool known(const char *name)
{
	return strcmp(name, "ghost");
}

static struct fb_gate_entry bob_in[] = { { (char *)"bob", false, true } };
static struct fb_gate_entry bob_shut[] = { { (char *)"bob", false, false } };
static struct fb_gate_entry strangers[] = { { (char *)"bob", false, true }, { (char *)"carol", false, true }, { (char *)"staff", true, true } };

static void gate_missing(struct fb_gate_view *g) { g->error = ENOENT; }
static void gate_denied(struct fb_gate_view *g) { g->error = EACCES; }
static void gate_no_acl(struct fb_gate_view *g) { g->error = ENOTSUP; }
static void gate_link(struct fb_gate_view *g) { g->directory = false; }
static void gate_stolen(struct fb_gate_view *g) { g->owner = (char *)"bob"; }
static void gate_shut(struct fb_gate_view *g) { g->owner_passes = false; }
static void gate_open(struct fb_gate_view *g) { g->others_pass = true; }
static void gate_group(struct fb_gate_view *g) { g->group_may = FB_GATE_SEARCH; }
static void gate_empty(struct fb_gate_view *g) { g->entries = 0; }
static void gate_masked(struct fb_gate_view *g) { g->entry = bob_shut; }
static void gate_strangers(struct fb_gate_view *g) { g->entry = strangers; g->entries = 3; }
static void gate_part(struct fb_gate_view *g) { g->part[1] = FB_PART_MISSING; g->part[3] = FB_PART_ODD; }
static void gate_unseen(struct fb_gate_view *g) { g->part[0] = g->part[1] = FB_PART_UNSEEN; }
static void gate_good(struct fb_gate_view *g) { (void)g; }

static void test_gates(void **state)
{
	static const struct {
		void (*change)(struct fb_gate_view *g);
		size_t errors;
		enum fb_severity severity;
		const char *text, *fix;
	} table[] = {
		{ gate_good, 0, FB_OK, "lets in its members and nobody else", NULL },
		{ gate_missing, 1, FB_ERROR, "is missing: workspace 'vision' has no place for its data",
		  "flightbase workspace modify vision" },
		{ gate_denied, 0, FB_UNCHECKED, "Permission denied", NULL },
		{ gate_no_acl, 1, FB_ERROR, "its file system has no ACLs", "flightbase workspace modify vision --access group" },
		{ gate_link, 1, FB_ERROR, "is a link or a file, not a directory", "mv /t /t.away && flightbase workspace modify vision" },
		/* Bob then needs no entry, but Alice does. */
		{ gate_stolen, 2, FB_ERROR, "belongs to 'bob', who is no manager of the workspace", "flightbase workspace modify vision" },
		{ gate_shut, 1, FB_ERROR, "its owner 'alice' may not use it", "flightbase workspace modify vision" },
		{ gate_open, 1, FB_ERROR, "lets in others than its members", "flightbase workspace modify vision" },
		{ gate_group, 1, FB_ERROR, "lets in others than its members", "flightbase workspace modify vision" },
		{ gate_empty, 1, FB_ERROR, "does not let in member 'bob'", "flightbase workspace modify vision" },
		{ gate_masked, 1, FB_ERROR, "does not let in member 'bob'", NULL },
		{ gate_strangers, 2, FB_ERROR, "lets in user 'carol', who is no member", "setfacl -x user:carol /t" },
		{ gate_strangers, 2, FB_ERROR, "lets in group 'staff', who is no member", "setfacl -x group:staff /t" },
		{ gate_part, 2, FB_ERROR, "lacks its directory 'datasets'", "flightbase workspace modify vision" },
		{ gate_part, 2, FB_ERROR, "'volume' below it is no directory that its members can all write to",
		  "flightbase workspace modify vision   # if /t/volume is a link" },
		{ gate_unseen, 0, FB_UNCHECKED, "only root and members may look", NULL },
	};
	struct site site;

	(void)state;
	make_site(&site);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_gate_view gate = { .directory = true, .owner = (char *)"alice", .owner_passes = true, .entries = 1, .entry = bob_in };
		struct fb_report report = { .count = 0 };

		table[i].change(&gate);
		fb_check_gate(&site.view[1], "/t", &gate, NULL, known, &report);
		check_counts(&report, table[i].errors, 0);
		check_finding(&report, table[i].severity, "/t", table[i].text, table[i].fix);
		fb_report_free(&report);
	}
	struct fb_gate_view gate = { .directory = true, .owner = (char *)"alice", .owner_passes = true };
	struct fb_report report = { .count = 0 };
	site.member[1].name = (char *)"ghost";
	fb_check_gate(&site.view[1], "/t", &gate, NULL, known, &report);
	check_counts(&report, 0, 1);
	check_finding(&report, FB_WARNING, "/t", "member 'ghost' is no user of this host", NULL);
	fb_report_free(&report);
}

/* A gate that lets in group 7, and what of it is changed. */
struct group_case {
	struct fb_gate_view gate;
	struct fb_group_user user[3];
	struct fb_group_users in_group;
	bool unknown;
};

static void group_good(struct group_case *c) { (void)c; }
static void group_no_acl(struct group_case *c) { c->gate.error = ENOTSUP; }
static void group_unknown(struct group_case *c) { c->unknown = true; }
static void group_other(struct group_case *c) { c->gate.group = 8; }
static void group_shut(struct group_case *c) { c->gate.group_may = FB_GATE_READ; }
static void group_open(struct group_case *c) { c->gate.others_pass = true; }
static void group_entry(struct group_case *c) { c->gate.entry = bob_in; c->gate.entries = 1; }
static void group_missing(struct group_case *c) { c->in_group.count = 0; }
static void group_strangers(struct group_case *c) { c->in_group.count = 3; }
static void group_stolen(struct group_case *c) { c->gate.owner = (char *)"bob"; }

static void test_group_gates(void **state)
{
	static const struct {
		void (*change)(struct group_case *c);
		size_t errors;
		const char *text, *fix;
	} table[] = {
		{ group_good, 0, "lets in its members and nobody else", NULL },
		{ group_no_acl, 0, "lets in its members and nobody else", NULL },
		{ group_unknown, 1, "should let in group 'staff', which this host does not know",
		  "groupadd staff   # or where the site keeps its groups; or flightbase workspace modify vision --access acl" },
		{ group_other, 1, "belongs to another group than 'staff', which it should let in", "flightbase workspace modify vision" },
		{ group_shut, 1, "does not let in its group", "flightbase workspace modify vision" },
		{ group_open, 1, "lets in others than its members", "flightbase workspace modify vision" },
		{ group_entry, 1, "has an entry for user 'bob' left, but should let in group 'staff' alone",
		  "flightbase workspace modify vision" },
		{ group_missing, 1, "does not let in member 'bob', who is not in group 'staff'", "usermod -a -G staff bob" },
		{ group_strangers, 2, "lets in user 'carol' of group 'staff', who is no member", "gpasswd -d carol staff" },
		{ group_strangers, 2, "lets in user 'dave' of group 'staff', who is no member", "usermod -g GROUP dave" },
		/* Alice is a member, and not in the group. */
		{ group_stolen, 2, "does not let in member 'alice', who is not in group 'staff'", "usermod -a -G staff alice" },
	};
	struct site site;

	(void)state;
	make_site(&site);
	strcpy(site.settings[1].group, "staff");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct group_case c = { .gate = { .directory = true, .owner = (char *)"alice", .owner_passes = true, .group = 7,
						  .group_may = FB_GATE_ALL },
					.user = { { (char *)"bob", false }, { (char *)"carol", false }, { (char *)"dave", true } } };
		struct fb_report report = { .count = 0 };

		c.in_group = (struct fb_group_users){ .gid = 7, .count = 1, .user = c.user };
		table[i].change(&c);
		fb_check_gate(&site.view[1], "/t", &c.gate, c.unknown ? NULL : &c.in_group, known, &report);
		check_counts(&report, table[i].errors, 0);
		check_finding(&report, table[i].errors ? FB_ERROR : FB_OK, "/t", table[i].text, table[i].fix);
		fb_report_free(&report);
	}
}

static const char topology[] =
	"{\"types\":{\"pair\":{\"gpu\":\"v100\",\"gpus\":2,\"links\":[[\"X\",\"NV1\"],[\"NV1\",\"X\"]]},"
	"\"one\":{\"gpus\":1,\"links\":[[\"X\"]]}},\"nodes\":[%s]}";

static void test_topology(void **state)
{
	static const struct fb_check_node nodes[] = { { "n1", 2, "v100" }, { "n2", 2, "v100" }, { "n3", 1, "a100" }, { "cpu1", 0, "" } };
	static const struct {
		const char *entries;
		size_t errors, warnings;
		enum fb_severity severity;
		const char *object, *text;
	} table[] = {
		{ "{\"nodes\":\"n[1-2]\",\"type\":\"pair\"},{\"nodes\":\"n3\",\"type\":\"one\"}", 0, 0, FB_OK, "/t.json",
		  "has all 4 nodes" },
		{ "{\"nodes\":\"n2\",\"type\":\"pair\"},{\"nodes\":\"n3\",\"type\":\"one\"}", 0, 1, FB_WARNING, "nodes n1",
		  "are not in the file" },
		{ "{\"nodes\":\"n[1-2]\",\"type\":\"pair\"},{\"nodes\":\"n3,x[1-2]\",\"type\":\"one\"}", 0, 1, FB_WARNING,
		  "nodes x[1-2]", "slurmctld has no such nodes" },
		{ "{\"nodes\":\"n[1-2]\",\"type\":\"pair\"},{\"nodes\":\"n3,n3\",\"type\":\"one\"}", 1, 0, FB_ERROR, "nodes n3",
		  "are in the file twice" },
		{ "{\"nodes\":\"n[1-2]\",\"type\":\"one\"},{\"nodes\":\"n3\",\"type\":\"one\"}", 1, 0, FB_ERROR, "nodes n[1-2]",
		  "have another number of GPUs" },
		{ "{\"nodes\":\"n[1-2],cpu1\",\"type\":\"pair\"},{\"nodes\":\"n3\",\"type\":\"one\"}", 1, 0, FB_ERROR,
		  "nodes cpu1", "have another number of GPUs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_report report = { .count = 0 };
		struct fb_topofile file;
		struct fb_err err;
		char text[1024];

		snprintf(text, sizeof(text), topology, table[i].entries);
		assert_int_equal(fb_topofile_parse(&file, "t.json", text, strlen(text), &err), 0);
		fb_check_topofile(&file, "/t.json", nodes, 4, &report);
		check_counts(&report, table[i].errors, table[i].warnings);
		check_finding(&report, table[i].severity, table[i].object, table[i].text, NULL);
		fb_report_free(&report);
		fb_topofile_free(&file);
	}
	static const struct fb_check_node other[] = { { "n1", 2, "a100" } };
	struct fb_report report = { .count = 0 };
	struct fb_topofile file;
	struct fb_err err;
	char text[1024];
	snprintf(text, sizeof(text), topology, "{\"nodes\":\"n1\",\"type\":\"pair\"}");
	assert_int_equal(fb_topofile_parse(&file, "t.json", text, strlen(text), &err), 0);
	fb_check_topofile(&file, "/t.json", other, 1, &report);
	check_counts(&report, 0, 1);
	check_finding(&report, FB_WARNING, "nodes n1", "have GPUs of another model", "/t.json");
	fb_report_free(&report);
	fb_topofile_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_workspaces), cmocka_unit_test(test_partitions), cmocka_unit_test(test_guarantees),
					    cmocka_unit_test(test_gates), cmocka_unit_test(test_group_gates),
					    cmocka_unit_test(test_topology) };

	return cmocka_run_group_tests_name("check_site", tests, NULL, NULL);
}
