/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hwloc tells: of this machine, or of one whose XML (lstopo FILE.xml) is read. */
#include "fb_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "flightbase/topo/readers.h"
#include "flightbase/topo/xml.h"

#ifdef HAVE_HWLOC
#include <hwloc.h>
#include <hwloc/distances.h>

#include "flightbase/topo/chips.h"
#include "flightbase/topo/hwloc_parts.h"

#define DEVICES_MAX 128

/* 0x0300 and 0x0302: VGA and 3D controllers. */
static bool is_gpu(hwloc_obj_t object)
{
	return object->attr->pcidev.vendor_id == FB_CHIPS_VENDOR && object->attr->pcidev.class_id >> 8 == 0x03;
}

fb_pci fb_hwloc_pci(hwloc_obj_t object)
{
	const struct hwloc_pcidev_attr_s *pci = &object->attr->pcidev;

	return (fb_pci)pci->domain << 16 | (fb_pci)pci->bus << 8 | (fb_pci)(pci->dev & 0x1f) << 3 | (pci->func & 7);
}

static unsigned int depth_of(hwloc_obj_t object)
{
	unsigned int depth = 0;

	for (; object->parent; object = object->parent)
		depth++;
	return depth;
}

/* The object that both are below; *most is the greater number of bridges on the way there. */
static hwloc_obj_t common_ancestor(hwloc_obj_t a, hwloc_obj_t b, unsigned int *most)
{
	unsigned int depth_a = depth_of(a), depth_b = depth_of(b), bridges_a = 0, bridges_b = 0;

	while (a != b) {
		if (depth_a >= depth_b) {
			a = a->parent;
			depth_a--;
			bridges_a += a->type == HWLOC_OBJ_BRIDGE;
		} else {
			b = b->parent;
			depth_b--;
			bridges_b += b->type == HWLOC_OBJ_BRIDGE;
		}
	}
	*most = bridges_a > bridges_b ? bridges_a : bridges_b;
	return a;
}

/*
 * A switch is a bridge (its upstream port) with bridges below it (its downstream ports). With one of those between each
 * device and the common bridge, that switch is all there is between the two.
 */
enum fb_link fb_hwloc_link(hwloc_obj_t a, hwloc_obj_t b)
{
	unsigned int bridges;
	hwloc_obj_t common = common_ancestor(a, b, &bridges);

	if (common->type == HWLOC_OBJ_BRIDGE) {
		if (common->attr->bridge.upstream_type == HWLOC_OBJ_BRIDGE_HOST)
			return FB_LINK_PHB;
		/* The common one is counted on both ways. */
		return bridges <= 2 ? FB_LINK_PIX : FB_LINK_PXB;
	}
	while (!a->nodeset)
		a = a->parent;
	while (!b->nodeset)
		b = b->parent;
	return hwloc_bitmap_isequal(a->nodeset, b->nodeset) && hwloc_bitmap_weight(a->nodeset) == 1 ? FB_LINK_NODE : FB_LINK_SYS;
}

/* The number of a GPU in NVML if hwloc had it, -1 if not. */
static int nvml_number(hwloc_obj_t gpu, const char **model)
{
	int64_t number = -1;

	for (hwloc_obj_t os = gpu->io_first_child; os; os = os->next_sibling) {
		const char *info = os->type == HWLOC_OBJ_OS_DEVICE ? hwloc_obj_get_info_by_name(os, "GPUModel") : NULL;

		if (info)
			*model = info;
		if (os->type == HWLOC_OBJ_OS_DEVICE && os->name && !strncmp(os->name, "nvml", 4))
			(void)fb_number_parse(os->name + 4, 0, 999, &number, NULL);
	}
	return (int)number;
}

static int compare(const void *a, const void *b)
{
	hwloc_obj_t x = *(const hwloc_obj_t *)a, y = *(const hwloc_obj_t *)b;
	const char *model;
	int number_x = nvml_number(x, &model), number_y = nvml_number(y, &model);

	if (number_x != number_y && number_x >= 0 && number_y >= 0)
		return number_x < number_y ? -1 : 1;
	fb_pci pci_x = fb_hwloc_pci(x), pci_y = fb_hwloc_pci(y);
	return pci_x < pci_y ? -1 : pci_x > pci_y;
}

static int add_gpus(struct fb_survey *s, hwloc_topology_t topology, hwloc_obj_t *gpu, struct fb_err *err)
{
	unsigned int count = 0;

	for (hwloc_obj_t o = NULL; (o = hwloc_get_next_pcidev(topology, o)) && count < DEVICES_MAX;)
		if (is_gpu(o))
			gpu[count++] = o;
	qsort(gpu, count, sizeof(*gpu), compare);
	for (unsigned int i = 0; i < count; i++) {
		struct fb_survey_gpu *to = fb_survey_add_gpu(s, err);
		const char *model = "";

		if (!to)
			return fb_err_prefix(err, "%s", s->name);
		nvml_number(gpu[i], &model);
		to->pci = fb_hwloc_pci(gpu[i]);
		to->device = gpu[i]->attr->pcidev.device_id;
		snprintf(to->model, sizeof(to->model), "%s", model);
		fb_text_printable(to->model);
		for (unsigned int j = 0; j < i; j++) {
			if (s->gpu[j].pci == to->pci)
				return fb_err_set(err, "%s: two GPUs have the same PCI address", s->name);
			s->pcie[i][j] = s->pcie[j][i] = (uint8_t)fb_hwloc_link(gpu[i], gpu[j]);
		}
	}
	s->wires = count > 0;
	return 0;
}

int fb_hwloc_fill(struct fb_survey *survey, hwloc_topology_t topology, struct fb_err *err)
{
	hwloc_obj_t gpu[DEVICES_MAX];

	if (add_gpus(survey, topology, gpu, err) || fb_hwloc_nics(survey, topology, gpu, err) ||
	    fb_hwloc_nvlinks(survey, topology, gpu, err))
		return -1;
	fb_hwloc_sockets(survey, topology, gpu);
	fb_survey_sign(survey);
	return 0;
}

/* The files and the libraries of vendors are asked by none but us; what hwloc has to say goes into no other place. */
static hwloc_topology_t open_topology(void)
{
	static const char *const others[] = { "cuda", "nvml", "opencl", "gl", "rsmi", "levelzero" };
	hwloc_topology_t topology;

	setenv("HWLOC_HIDE_ERRORS", "2", 0);
	if (hwloc_topology_init(&topology))
		return NULL;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, others[i]);
	hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
	return topology;
}

int fb_survey_hwloc_live(struct fb_survey *survey, struct fb_err *err)
{
	hwloc_topology_t topology = open_topology();
	int rc = -1;

	fb_survey_init(survey, "hwloc");
	if (!topology)
		return fb_err_set(err, "hwloc cannot be started: %s", strerror(errno));
	/* Cores that this process may not use count, or the numbers of the others are not Slurm's. */
	if (hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) || hwloc_topology_load(topology))
		fb_err_set(err, "hwloc cannot read this machine: %s", strerror(errno));
	else
		rc = fb_hwloc_fill(survey, topology, err);
	hwloc_topology_destroy(topology);
	return rc;
}

int fb_hwloc_load(hwloc_topology_t *topology, const char *text, size_t size)
{
	*topology = open_topology();
	/* The size is one with the byte behind the text, which is zero. */
	return !*topology || hwloc_topology_set_xmlbuffer(*topology, text, (int)size + 1) || hwloc_topology_load(*topology) ? -1 : 0;
}

static const struct fb_xml_reader check = { .root = "topology", .doctype = true };

int fb_survey_hwloc(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err)
{
	fb_survey_init(survey, name);
	if (fb_xml_read(&check, NULL, name, text, size, err))
		return -1;
	return fb_hwloc_apart(survey, text, size, err);
}

#else

static int without(struct fb_survey *survey, const char *name, struct fb_err *err)
{
	fb_survey_init(survey, name);
	return fb_err_set(err, "this flightbase was built without hwloc");
}

int fb_survey_hwloc_live(struct fb_survey *survey, struct fb_err *err)
{
	return without(survey, "hwloc", err);
}

int fb_survey_hwloc(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err)
{
	(void)text;
	(void)size;
	return without(survey, name, err);
}

#endif
