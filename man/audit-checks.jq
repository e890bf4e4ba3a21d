# espseal-audit-checks(7) from `espseal audit --list --json`.
def line: gsub("(?<end>[.]) (?=[A-Z])"; "\(.end)\n") | gsub("\\\\"; "\\e") | if test("^[.']") then "\\&" + . else . end;
def sentence: (.[0:1] | ascii_upcase) + .[1:] + (if test("[.?]$") then "" else "." end);
[".Dd November 21, 2026", ".Dt ESPSEAL-AUDIT-CHECKS 7", ".Os", ".Sh NAME", ".Nm espseal-audit-checks",
 ".Nd what espseal audit looks at", ".Sh DESCRIPTION",
 ".Xr espseal-audit 1", "gives each of these checks a verdict:",
 ".Em pass ,", ".Em fail ,", ".Em unknown", "where it could not be read or only the firmware's source tells, and",
 ".Em not applicable", "where the chip or the device has no such thing.",
 "They follow the goals of Espressif's security guide, of which each names the section.",
 ".Pp",
 "An eFuse is a bit in the chip that can be set once and never cleared.",
 "The ROM is the program that every chip runs first; nobody can change it.",
 "Flash is the memory beside the chip, which anybody who holds the device can read and write.",
 ".Pp",
 "The level says when a check is asked for:",
 ".Em development", "of every device, since its failing is a mistake in any state;",
 ".Em production", "of a device that leaves the factory;",
 ".Em advice", "is not part of", ".Fl -require Cm production ,", "and stands for itself."]
+ (reduce .[] as $c ({goal: "", out: []};
    (if .goal != $c.goal then .out += [".Sh " + ($c.goal | ascii_upcase)] + [".Bl -tag -width Ds"] + [] else . end) as $s
    | $s | .out = (if .goal != "" and .goal != $c.goal then .out[:-2] + [".El"] + .out[-2:] else .out end)
    | .goal = $c.goal
    | .out += [".It Sy \($c.id) Pq \($c.level)", ($c.title | sentence | line), ($c.explains | sentence | line), ".Pp",
        "If it fails:", ($c.consequence + "." | line), ".br", "What to do:", ($c.remedy + "." | line), ".br",
        "Guide:", ($c.guide + "." | line)]) | .out + [".El"])
+ [".Sh SEE ALSO", ".Xr espseal-audit 1 ,", ".Xr espseal-boot-check 1 ,", ".Xr espseal-profile 5", ".Pp",
   "ESP-IDF Programming Guide, chapters Security, Secure Boot v2, Flash Encryption, and Security Features Enablement Workflows."]
| .[]
