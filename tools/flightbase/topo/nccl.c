/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NCCL's topology file (its src/graph/xml.cc and topo.cc): <system> of <cpu> (a NUMA node each) of <pci>, switches or
 * devices by their class, in one another as they hang on the bus. A GPU's <pci> may have <gpu> with its <nvlink>s, an
 * adapter's <nic> with <net>. NCCL leaves one of the two ports of a switch out: a <pci> of class 0604 is a whole switch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "flightbase/topo/readers.h"
#include "flightbase/topo/xml.h"

#define PCIS_MAX 512
#define LINKS_MAX 1024
#define SPEED_MAX (INT64_C(8000) * 1000) /* Mb/s */

struct pci {
	fb_pci address;
	unsigned int class_id, vendor, device, sm;
	int parent; /* -1: the CPU */
	unsigned int cpu;
	int order; /* NVML's number of a GPU; -1: not there */
	unsigned int line;
	int index; /* of the GPU or adapter that it is in the survey */
};

struct nvlink {
	unsigned int pci, count, line;
	fb_pci target; /* FB_PCI_NONE: a switch */
};

struct nccl {
	struct fb_survey *survey;
	struct pci pci[PCIS_MAX];
	unsigned int pcis;
	struct nvlink link[LINKS_MAX];
	unsigned int links;
	int64_t numa[FB_TOPOFILE_SOCKETS_MAX];
	unsigned int cpus;
	int current; /* the pci that is open, -1: none */
	bool in_cpu, dumped;
};

static int need(struct fb_xml *xml, const char *const *attribute, const char *element, const char *name, const char **text)
{
	*text = fb_xml_attribute(attribute, name);
	return *text ? 0 : fb_xml_fault(xml, "<%s> has no %s", element, name);
}

static int read_number(struct fb_xml *xml, const char *what, const char *text, int64_t min, int64_t max, int64_t *value)
{
	struct fb_err why;

	return fb_number_parse(text, min, max, value, &why) ? fb_xml_fault(xml, "%s: %s", what, why.text) : 0;
}

/* "0x10de", also without "0x" */
static int read_hex(struct fb_xml *xml, const char *what, const char *text, unsigned int *value)
{
	const char *digits = strncmp(text, "0x", 2) ? text : text + 2;

	if (!*digits || strlen(digits) > 8 || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return fb_xml_fault(xml, "%s: '%.64s' is not a hexadecimal number", what, text);
	*value = (unsigned int)strtoul(digits, NULL, 16);
	return 0;
}

static int read_address(struct fb_xml *xml, const char *what, const char *text, fb_pci *address)
{
	return fb_pci_parse(text, address) ? fb_xml_fault(xml, "%s: '%.64s' is not a PCI address", what, text) : 0;
}

static int read_system(struct fb_xml *xml, const char *const *attribute)
{
	const char *version;

	if (need(xml, attribute, "system", "version", &version))
		return -1;
	return strcmp(version, "1") ? fb_xml_fault(xml, "version '%.16s' of NCCL's file is not known; 1 is", version) : 0;
}

static int read_cpu(struct fb_xml *xml, struct nccl *nccl, const char *const *attribute)
{
	const char *text;
	int64_t numa;

	if (need(xml, attribute, "cpu", "numaid", &text) || read_number(xml, "numaid", text, -1, 4095, &numa))
		return -1;
	if (nccl->in_cpu)
		return fb_xml_fault(xml, "<cpu> in a <cpu>");
	if (nccl->cpus == FB_TOPOFILE_SOCKETS_MAX)
		return fb_xml_fault(xml, "more than %d NUMA nodes", FB_TOPOFILE_SOCKETS_MAX);
	for (unsigned int c = 0; c < nccl->cpus; c++)
		if (nccl->numa[c] == numa)
			return fb_xml_fault(xml, "a second <cpu> with numaid %lld: is it of one machine?", (long long)numa);
	nccl->numa[nccl->cpus++] = numa;
	nccl->in_cpu = true;
	return 0;
}

static int read_pci(struct fb_xml *xml, struct nccl *nccl, const char *const *attribute)
{
	struct pci *pci = &nccl->pci[nccl->pcis];
	const char *text;

	if (!nccl->in_cpu)
		return fb_xml_fault(xml, "<pci> outside a <cpu>");
	if (nccl->pcis == PCIS_MAX)
		return fb_xml_fault(xml, "more than %d PCI devices", PCIS_MAX);
	*pci = (struct pci){ .parent = nccl->current, .cpu = nccl->cpus - 1, .order = -1, .line = fb_xml_line(xml), .index = -1 };
	if (need(xml, attribute, "pci", "busid", &text) || read_address(xml, "busid", text, &pci->address) ||
	    need(xml, attribute, "pci", "class", &text) || read_hex(xml, "class", text, &pci->class_id))
		return -1;
	if (((text = fb_xml_attribute(attribute, "vendor")) && read_hex(xml, "vendor", text, &pci->vendor)) ||
	    ((text = fb_xml_attribute(attribute, "device")) && read_hex(xml, "device", text, &pci->device)))
		return -1;
	for (unsigned int p = 0; p < nccl->pcis; p++)
		if (nccl->pci[p].address == pci->address)
			return fb_xml_fault(xml, "PCI device '%.24s' is there twice", fb_xml_attribute(attribute, "busid"));
	nccl->current = (int)nccl->pcis++;
	return 0;
}

static int read_gpu(struct fb_xml *xml, struct nccl *nccl, const char *const *attribute)
{
	const char *text;
	int64_t value;

	if (nccl->current < 0)
		return fb_xml_fault(xml, "<gpu> outside a <pci>");
	struct pci *pci = &nccl->pci[nccl->current];
	if ((text = fb_xml_attribute(attribute, "dev"))) {
		if (read_number(xml, "dev", text, -1, 1023, &value))
			return -1;
		pci->order = (int)value;
	}
	if ((text = fb_xml_attribute(attribute, "sm"))) {
		if (read_number(xml, "sm", text, 0, 1000, &value))
			return -1;
		pci->sm = (unsigned int)value;
	}
	nccl->dumped = true;
	return 0;
}

/* Links to other things than GPUs and switches (the CPU of POWER machines) join no GPUs. */
static int read_nvlink(struct fb_xml *xml, struct nccl *nccl, const char *const *attribute)
{
	struct nvlink *link = &nccl->link[nccl->links];
	const char *target, *class, *count;
	unsigned int class_id;
	int64_t lanes;

	if (nccl->current < 0)
		return fb_xml_fault(xml, "<nvlink> outside a <pci>");
	if (need(xml, attribute, "nvlink", "target", &target) || need(xml, attribute, "nvlink", "count", &count) ||
	    need(xml, attribute, "nvlink", "tclass", &class) || read_hex(xml, "tclass", class, &class_id) ||
	    read_number(xml, "count", count, 1, FB_ENGINE_LANES_MAX, &lanes))
		return -1;
	if (nccl->links == LINKS_MAX)
		return fb_xml_fault(xml, "more than %d NVLinks", LINKS_MAX);
	*link = (struct nvlink){ (unsigned int)nccl->current, (unsigned int)lanes, fb_xml_line(xml), FB_PCI_NONE };
	if (class_id >> 16 == 0x03 && read_address(xml, "target", target, &link->target))
		return -1;
	if (class_id >> 16 == 0x03 || class_id == 0x068000)
		nccl->links++;
	return 0;
}

/* Ports of one adapter have its name in common. */
static int read_net(struct fb_xml *xml, struct nccl *nccl, const char *const *attribute)
{
	struct fb_survey *s = nccl->survey;
	struct fb_survey_nic *nic = NULL;
	const char *name, *speed = fb_xml_attribute(attribute, "speed");
	int64_t mbps = 0;
	struct fb_err why;

	if (nccl->current < 0 || nccl->pci[nccl->current].class_id >> 16 != 0x02)
		return 0;
	if (need(xml, attribute, "net", "name", &name) || (speed && read_number(xml, "speed", speed, -1, SPEED_MAX, &mbps)))
		return -1;
	if (!fb_survey_name_good(name))
		return fb_xml_fault(xml, "'%.64s' is not a name (letters, digits, '.', '_' and '-')", name);
	for (unsigned int n = 0; n < s->nics && !nic; n++)
		if (!strcmp(s->nic[n].name, name))
			nic = &s->nic[n];
	if (nic && nic->pci != nccl->pci[nccl->current].address)
		return fb_xml_fault(xml, "network adapter '%s' is at two PCI addresses", name);
	if (!nic && !(nic = fb_survey_add_nic(s, &why)))
		return fb_xml_fault(xml, "%s", why.text);
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->pci = nccl->pci[nccl->current].address;
	nic->gbps += mbps > 0 ? (double)mbps / 8000 : 0;
	nccl->pci[nccl->current].index = (int)s->nics - 1;
	return 0;
}

static int on_start(struct fb_xml *xml, void *data, const char *element, const char *const *attribute)
{
	struct nccl *nccl = data;

	if (!strcmp(element, "system"))
		return read_system(xml, attribute);
	if (!strcmp(element, "cpu"))
		return read_cpu(xml, nccl, attribute);
	if (!strcmp(element, "pci"))
		return read_pci(xml, nccl, attribute);
	if (!strcmp(element, "gpu"))
		return read_gpu(xml, nccl, attribute);
	if (!strcmp(element, "nvlink"))
		return read_nvlink(xml, nccl, attribute);
	return strcmp(element, "net") ? 0 : read_net(xml, nccl, attribute);
}

static int on_end(struct fb_xml *xml, void *data, const char *element)
{
	struct nccl *nccl = data;

	(void)xml;
	if (!strcmp(element, "pci"))
		nccl->current = nccl->pci[nccl->current].parent;
	else if (!strcmp(element, "cpu"))
		nccl->in_cpu = false;
	return 0;
}

/* A switch is above both, or is not: how the bus joins two devices. */
static enum fb_link link_between(const struct nccl *nccl, const struct pci *a, const struct pci *b)
{
	if (a->cpu != b->cpu)
		return FB_LINK_SYS;
	if (a->parent >= 0 && a->parent == b->parent)
		return FB_LINK_PIX;
	for (int up = a->parent; up >= 0; up = nccl->pci[up].parent)
		for (int other = b->parent; other >= 0; other = nccl->pci[other].parent)
			if (up == other)
				return FB_LINK_PXB;
	return FB_LINK_PHB;
}

static int compare(const void *a, const void *b)
{
	const struct pci *x = *(const struct pci *const *)a, *y = *(const struct pci *const *)b;

	if (x->order != y->order && x->order >= 0 && y->order >= 0)
		return x->order < y->order ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* The devices of a base class in the order of NVML, else of their addresses. */
static unsigned int collect(struct nccl *nccl, unsigned int base_class, struct pci **found)
{
	unsigned int count = 0;
	bool ordered = true;

	for (unsigned int p = 0; p < nccl->pcis; p++)
		if (nccl->pci[p].class_id >> 16 == base_class) {
			ordered &= nccl->pci[p].order >= 0;
			found[count++] = &nccl->pci[p];
		}
	for (unsigned int i = 0; !ordered && i < count; i++)
		found[i]->order = -1;
	qsort(found, count, sizeof(found[0]), compare);
	return count;
}

static int add_gpus(struct nccl *nccl, const char *name, struct fb_err *err)
{
	struct fb_survey *s = nccl->survey;
	struct pci *found[PCIS_MAX];
	unsigned int count = collect(nccl, 0x03, found);

	for (unsigned int i = 0; i < count; i++) {
		struct fb_survey_gpu *gpu = fb_survey_add_gpu(s, err);

		if (!gpu)
			return fb_err_prefix(err, "%s:%u", name, found[i]->line);
		found[i]->index = (int)i;
		gpu->pci = found[i]->address;
		gpu->device = found[i]->device;
		gpu->sm = found[i]->sm;
		gpu->socket = (int)found[i]->cpu;
		for (unsigned int j = 0; j < i; j++)
			s->pcie[i][j] = s->pcie[j][i] = (uint8_t)link_between(nccl, found[i], found[j]);
	}
	return 0;
}

/* Adapters without <net> have no name there. */
static int add_nics(struct nccl *nccl, const char *name, struct fb_err *err)
{
	struct fb_survey *s = nccl->survey;
	struct pci *found[PCIS_MAX];
	unsigned int count = collect(nccl, 0x02, found);

	for (unsigned int i = 0; i < count; i++) {
		struct fb_survey_nic *nic;

		if (found[i]->index >= 0)
			continue;
		nic = fb_survey_add_nic(s, err);
		if (!nic)
			return fb_err_prefix(err, "%s:%u", name, found[i]->line);
		nic->pci = found[i]->address;
		nic->vendor = found[i]->vendor;
	}
	for (unsigned int n = 0; n < s->nics; n++)
		for (unsigned int p = 0; p < nccl->pcis; p++)
			for (unsigned int q = 0; nccl->pci[p].address == s->nic[n].pci && q < nccl->pcis; q++)
				if (nccl->pci[q].class_id >> 16 == 0x03)
					s->nic[n].link[nccl->pci[q].index] = (uint8_t)link_between(nccl, &nccl->pci[p], &nccl->pci[q]);
	return 0;
}

/* Ends that the file does not show belong to GPUs that are hidden from whoever wrote it. */
static int add_nvlinks(struct nccl *nccl, const char *name, struct fb_err *err)
{
	struct fb_survey *s = nccl->survey;

	for (unsigned int l = 0; l < nccl->links; l++) {
		const struct nvlink *link = &nccl->link[l];
		int from = nccl->pci[link->pci].class_id >> 16 == 0x03 ? nccl->pci[link->pci].index : -1;
		int to = fb_survey_find(s, link->target);
		unsigned int *lanes;

		if (from < 0)
			return fb_err_set(err, "%s:%u: <nvlink> of a device that is no GPU", name, link->line);
		if (link->target != FB_PCI_NONE && (to < 0 || to == from))
			continue;
		lanes = to < 0 ? &s->gpu[from].switch_lanes : &s->gpu[from].lanes[to];
		*lanes += link->count;
		if (*lanes > FB_ENGINE_LANES_MAX)
			return fb_err_set(err, "%s:%u: more than %d NVLinks of a GPU", name, link->line, FB_ENGINE_LANES_MAX);
	}
	for (unsigned int l = 0; l < nccl->links; l++) {
		int from = nccl->pci[nccl->link[l].pci].index, to = fb_survey_find(s, nccl->link[l].target);

		if (to >= 0 && s->gpu[from].lanes[to] != s->gpu[to].lanes[from])
			return fb_err_set(err, "%s:%u: GPU %d has %u NVLinks to GPU %d, but GPU %d has %u to it", name, nccl->link[l].line, from,
					  s->gpu[from].lanes[to], to, to, s->gpu[to].lanes[from]);
	}
	return 0;
}

/* A socket of Slurm's for each NUMA node, by its number where the numbers are small. */
static void add_sockets(struct nccl *nccl)
{
	struct fb_survey *s = nccl->survey;
	bool numbered = true;
	int64_t last = 0;

	for (unsigned int c = 0; c < nccl->cpus; c++) {
		numbered &= nccl->numa[c] >= 0 && nccl->numa[c] < FB_TOPOFILE_SOCKETS_MAX;
		last = nccl->numa[c] > last ? nccl->numa[c] : last;
	}
	s->sockets = numbered ? (unsigned int)last + 1 : nccl->cpus;
	for (unsigned int i = 0; numbered && i < s->gpus; i++)
		s->gpu[i].socket = (int)nccl->numa[s->gpu[i].socket];
}

static const struct fb_xml_reader reader = { .root = "system", .start = on_start, .end = on_end };

int fb_survey_nccl(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err)
{
	struct nccl *nccl = calloc(1, sizeof(*nccl));

	fb_survey_init(survey, name);
	if (!nccl)
		return fb_err_set(err, "%s: out of memory", name);
	nccl->survey = survey;
	nccl->current = -1;
	int rc = fb_xml_read(&reader, nccl, name, text, size, err);
	if (!rc)
		rc = add_gpus(nccl, name, err) || add_nics(nccl, name, err) || add_nvlinks(nccl, name, err) ? -1 : 0;
	if (!rc) {
		survey->wires = survey->gpus > 0;
		survey->nvlink = nccl->dumped;
		add_sockets(nccl);
		fb_survey_sign(survey);
	}
	free(nccl);
	return rc;
}
