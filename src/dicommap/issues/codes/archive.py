"""Codes for archives that are scanned in place: ZIP files, and tar files that may be compressed."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_P10_GB
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="archive.broken",
        severity=Severity.ERROR,
        title="An archive that cannot be followed to its end",
        message="The archive cannot be followed to its end: {reason}.",
        explanation="Members that stand before the fault in a tar file are in the inventory; all others are missing "
        "from it. Of a ZIP file whose directory, at its end, is damaged or cut none is there.",
        fix="Copy the archive again from where it came from, or unpack what can be saved of it and scan that.",
    ),
    IssueCode(
        name="archive.continued",
        severity=Severity.WARNING,
        title="A tar file that goes on behind the mark of its end",
        message="Behind the mark of the tar file's end, at byte {offset} of what it holds, more members follow; they "
        "were read.",
        explanation="Two blocks of zeros mark the end of a tar file. Where two tar files were joined (cat a.tar b.tar) "
        "the second begins behind the mark of the first. All members are in the inventory; a program that unpacks the "
        "archive stops at the first mark, unless it is asked to go on (tar --ignore-zeros).",
        fix="Unpack the archive with 'tar --ignore-zeros', or pack it anew, so that no program loses its second part.",
    ),
    IssueCode(
        name="archive.trailing-bytes",
        severity=Severity.WARNING,
        title="Bytes behind the end of an archive",
        message="Behind the archive's end, from byte {offset} on, there are bytes that belong to no member.",
        explanation="Something was joined to the archive, or it was damaged. If these bytes hold instances, they are "
        "missing from the inventory. The byte of a tar file is counted in what it unpacks to, except behind a bzip2 or "
        "xz stream, where it is counted in the file itself.",
        fix="Find out how the archive was made; if something was joined to it, separate the two and scan again.",
    ),
    IssueCode(
        name="archive.leading-bytes",
        severity=Severity.WARNING,
        title="Bytes before the beginning of a ZIP file",
        message="Before the ZIP file's first member there are {count} bytes that belong to no member.",
        explanation="A ZIP file is read from its end. What stands before it may be a program that unpacks it, or "
        "another archive that it was joined to (cat a.zip b.zip), whose members are then missing from the inventory.",
        fix="Find out how the archive was made; if something was joined to it, separate the two and scan again.",
    ),
    IssueCode(
        name="archive.trailing-zeros",
        severity=Severity.WARNING,
        title="Zeros without end behind the end of a tar file",
        message="More than {limit} bytes of zeros stand behind the mark of the tar file's end; what comes after byte "
        "{offset} was not read.",
        explanation="Tar files are filled up with some zeros. So many are no filling, and reading them all could take "
        "for ever.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.changed",
        severity=Severity.ERROR,
        title="An archive that changed during the scan",
        message="The archive changed or vanished during the scan.",
        explanation="Size or time of change are no longer those that the scan found first, so members may be others "
        "than those that were listed. Nothing was taken from them after the change.",
        fix="Scan again when nothing writes to the archive any more.",
    ),
    IssueCode(
        name="archive.ambiguous-path",
        severity=Severity.ERROR,
        title="An archive whose members would have the paths of other files",
        message="The archive was not entered: beside it there is a file or directory of the same name followed by '!'.",
        explanation="A member's path is the archive's path, '!/' and the member's name. The files of that directory "
        "would have such paths too, and each path of an inventory stands for one file.",
        fix="Rename one of the two, and scan again.",
    ),
    IssueCode(
        name="archive.too-many-entries",
        severity=Severity.ERROR,
        title="An archive of too many entries",
        message="The archive has more than {limit} entries, or more than 64 MiB of names; the rest was not read.",
        explanation="What is known of an archive's entries is kept in memory, so their number has a limit. Of a ZIP "
        "file none is read then, since its directory is read as a whole.",
        fix="Unpack the archive and scan the directory, or pack it anew as several archives.",
    ),
    IssueCode(
        name="archive.ratio",
        severity=Severity.ERROR,
        title="An archive that unpacks to far more than its size",
        message="The archive of {size} bytes unpacks to more than {limit} bytes; what comes after these was not read.",
        explanation="Images do not shrink like this, and files made to exhaust a reader do. What an archive may unpack "
        "to is 200 times its size, but not less than 256 MiB.",
        fix="If the archive is what it should be, unpack it and scan the directory.",
    ),
    IssueCode(
        name="archive.total-size",
        severity=Severity.ERROR,
        title="An archive that unpacks to too many bytes",
        message="The archive unpacks to more than {limit} bytes; what comes after these was not read.",
        explanation="Reading a compressed archive takes time in proportion to what it unpacks to.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.member-too-large",
        severity=Severity.ERROR,
        title="A member that is larger than any P10 file that can be imported",
        message="The member has {size} bytes, more than {limit}, and was not read.",
        explanation=f"HealthImaging takes P10 files of at most {MAX_P10_GB} GB.",
        fix="Unpack the archive and scan the directory, if the file matters.",
    ),
    IssueCode(
        name="archive.encrypted",
        severity=Severity.ERROR,
        title="An encrypted member",
        message="The member is encrypted, and was not read.",
        explanation="Nothing is known of it. If it is a P10 file, its instance is missing from the inventory.",
        fix="Unpack the archive with its password and scan the directory.",
    ),
    IssueCode(
        name="archive.unsupported-member",
        severity=Severity.ERROR,
        title="A member that is stored in a way that is not read",
        message="The member was not read: {reason}.",
        explanation="ZIP members may be stored, or compressed by Deflate, bzip2 or LZMA; sparse files of tar are not "
        "read. If it is a P10 file, its instance is missing from the inventory.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.member-damaged",
        severity=Severity.ERROR,
        title="A member whose bytes cannot be had",
        message="The member cannot be read: {reason}.",
        explanation="The archive lists it, but its data is cut or damaged. If it is a P10 file, its instance is "
        "missing from the inventory.",
        fix="Copy the archive again from where it came from.",
    ),
    IssueCode(
        name="archive.nested",
        severity=Severity.WARNING,
        title="An archive inside an archive",
        message="By its name this is an archive inside an archive; it was not entered.",
        explanation="Only archives that are files of the source are entered. What is in this one is missing from the "
        "inventory.",
        fix="Unpack the outer archive and scan the directory, if the inner one holds P10 files.",
    ),
    IssueCode(
        name="archive.link-not-followed",
        severity=Severity.WARNING,
        title="A link inside an archive",
        message="This is a link inside an archive, and was not followed.",
        explanation="A link has no bytes of its own. What it leads to is another member, which is in the inventory "
        "under its own name, or something outside of the archive.",
        fix="Unpack the archive and scan the directory, if the link has to count as a file.",
    ),
    IssueCode(
        name="archive.unsafe-names",
        severity=Severity.WARNING,
        title="Members whose names lead out of the archive",
        message="The names of {count} members are absolute or lead upwards by '..'.",
        explanation="They are read and in the inventory, under their names. A program that unpacks them leaves them "
        "out, changes their names, or writes outside of its directory.",
        fix="Look at these names before the archive is unpacked.",
    ),
    IssueCode(
        name="archive.duplicate-names",
        severity=Severity.WARNING,
        title="Members that share a name",
        message="Members that have the name of one before them: {count}.",
        explanation="All are read. The later ones are in the inventory with '!2', '!3' and so on behind their names. A "
        "program that unpacks the archive keeps one of each name, mostly the last.",
        fix="Find out which one is meant, and pack the archive anew.",
    ),
    IssueCode(
        name="archive.instances-inside",
        severity=Severity.WARNING,
        title="Instances that an import job cannot see",
        message="Files of instances that are inside archives: {count}.",
        explanation="An import job reads P10 files under its inputS3Uri; AWS does not document that it unpacks "
        "anything. These files are in no job of the plan; the archive is a file without an instance.",
        fix="Unpack the archives, scan the directory, and draft from that inventory.",
    ),
)
