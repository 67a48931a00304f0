/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell completion: `flightbase --complete WORD...` prints what the last, unfinished word may become, a line each. */
#ifndef FB_COMPLETE_H
#define FB_COMPLETE_H

int fb_complete(int words, char **word);

#endif
