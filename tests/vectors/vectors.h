/* For tests that walk tests/vectors: every folder of a group, its case.json and its files. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <espseal/file.h>
#include <espseal/json.h>

struct vector_case {
    char folder[1024];
    const char *id; /* name of the folder */
    seal_json *json;
    const seal_json *inputs, *expected; /* borrowed from json */
};

/* Calls each for every folder of tests/vectors/<group> in alphabetic order; returns how many there are. */
size_t vector_each(const char *group, void (*each)(const struct vector_case *c));

/* A whole file of the case; fails the test when it cannot be read. */
struct seal_buf *vector_file(const struct vector_case *c, const char *name);

/* The file that the member key of object refers to ({"file": ...}); NULL when there is no such member. */
struct seal_buf *vector_member(const struct vector_case *c, const seal_json *object, const char *key);

/* The member key of object as a number; fails the test when it is none. */
uint32_t vector_number(const seal_json *object, const char *key);

#endif
