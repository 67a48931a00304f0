/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)256 << 20)

struct image {
	const unsigned char *data;
	size_t size;
};

/* Copy what stands at an offset; the file's numbers may be anything. */
static bool take(const struct image *image, uint64_t offset, void *to, size_t size)
{
	if (offset > image->size || size > image->size - offset)
		return false;
	memcpy(to, image->data + offset, size);
	return true;
}

static bool name_is(const struct image *image, const ElfW(Shdr) *strings, uint64_t at, const char *name)
{
	size_t length = strlen(name) + 1;

	if (at >= strings->sh_size || length > strings->sh_size - at || strings->sh_offset > image->size ||
	    strings->sh_size > image->size - strings->sh_offset)
		return false;
	return !memcmp(image->data + strings->sh_offset + at, name, length);
}

static bool take_section(const struct image *image, const ElfW(Ehdr) *header, size_t index, ElfW(Shdr) *section)
{
	return header->e_shentsize == sizeof(*section) && index < header->e_shnum && header->e_shoff <= image->size &&
	       take(image, header->e_shoff + index * sizeof(*section), section, sizeof(*section));
}

/* Where in the file an address of the loaded object is. */
static bool take_address(const struct image *image, const ElfW(Ehdr) *header, uint64_t address, uint32_t *value)
{
	ElfW(Phdr) part;

	if (header->e_phentsize != sizeof(part) || header->e_phoff > image->size)
		return false;
	for (size_t i = 0; i < header->e_phnum; i++) {
		if (!take(image, header->e_phoff + i * sizeof(part), &part, sizeof(part)))
			return false;
		if (part.p_type == PT_LOAD && address >= part.p_vaddr && address - part.p_vaddr < part.p_filesz &&
		    part.p_offset <= image->size)
			return take(image, part.p_offset + (address - part.p_vaddr), value, sizeof(*value));
	}
	return false;
}

static bool find_in(const struct image *image, const ElfW(Ehdr) *header, const ElfW(Shdr) *table, const char *name,
		    uint32_t *value)
{
	ElfW(Shdr) strings;
	ElfW(Sym) symbol;

	if (table->sh_offset > image->size || !take_section(image, header, table->sh_link, &strings))
		return false;
	for (uint64_t at = 0; at + sizeof(symbol) <= table->sh_size; at += sizeof(symbol)) {
		if (!take(image, table->sh_offset + at, &symbol, sizeof(symbol)))
			return false;
		if (symbol.st_shndx != SHN_UNDEF && symbol.st_size == sizeof(*value) &&
		    name_is(image, &strings, symbol.st_name, name))
			return take_address(image, header, symbol.st_value, value);
	}
	return false;
}

int fb_elf_symbol_find(const unsigned char *data, size_t size, const char *name, uint32_t *value)
{
	const struct image image = { data, size };
	ElfW(Ehdr) header;
	ElfW(Shdr) section;

	if (!take(&image, 0, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    header.e_ident[EI_DATA] != (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
		return -1;
	for (size_t i = 0; i < header.e_shnum; i++)
		if (take_section(&image, &header, i, &section) && section.sh_type == SHT_DYNSYM)
			return find_in(&image, &header, &section, name, value) ? 0 : -1;
	return -1;
}

int fb_elf_symbol_read(const char *path, const char *name, uint32_t *value, struct fb_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	struct stat st;

	if (fd < 0)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FILE_MAX) {
		close(fd);
		errno = EINVAL;
		return fb_err_set(err, "%s: not a shared object", path);
	}
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	rc = fb_elf_symbol_find(data, (size_t)st.st_size, name, value);
	munmap(data, (size_t)st.st_size);
	errno = EINVAL;
	return rc ? fb_err_set(err, "%s: exports no constant '%s'", path, name) : 0;
}
