"""Issue codes for ZIP and tar files whose members are scanned. Tar files may be compressed."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_P10_GB
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="archive.broken",
        severity=Severity.ERROR,
        title="An archive that cannot be read to its end",
        message="The archive cannot be read to its end: {reason}.",
        explanation="Members before the damage in a tar file are in the inventory; all others are missing from it. "
        "If the directory at the end of a ZIP file is damaged or cut off, no member of it is in the inventory.",
        fix="Copy the archive again from where it came from, or unpack what can be saved of it and scan that.",
    ),
    IssueCode(
        name="archive.continued",
        severity=Severity.WARNING,
        title="A tar file that continues after its end marker",
        message="More members follow the end marker of the tar file, at byte {offset} of its content; they were read.",
        explanation="Two blocks of zeros mark the end of a tar file. If two tar files were joined (cat a.tar "
        "b.tar), the second begins after the marker of the first. All members are in the inventory; a program that "
        "unpacks the archive stops at the first marker, unless it is called with --ignore-zeros, as tar allows.",
        fix="Unpack the archive with 'tar --ignore-zeros', or pack it again, so that no program loses its second part.",
    ),
    IssueCode(
        name="archive.trailing-bytes",
        severity=Severity.WARNING,
        title="Bytes after the end of an archive",
        message="After the archive's end, from byte {offset} on, there are bytes that belong to no member.",
        explanation="Something was appended to the archive, or it is damaged. If these bytes hold instances, they "
        "are missing from the inventory. For a tar file, the position is counted in the decompressed content, "
        "except after a bzip2 or xz stream, where it is counted in the file itself.",
        fix="Find out how the archive was made; if something was appended to it, separate the two and scan again.",
    ),
    IssueCode(
        name="archive.leading-bytes",
        severity=Severity.WARNING,
        title="Bytes before the beginning of a ZIP file",
        message="Before the ZIP file's first member, there {count:is|are} {count:byte} of no member.",
        explanation="A ZIP file is read from its end. The bytes before it may be a program that unpacks it, or "
        "another archive that it was appended to (cat a.zip b.zip), whose members are then missing from the "
        "inventory.",
        fix="Find out how the archive was made; if two archives were joined, separate them and scan again.",
    ),
    IssueCode(
        name="archive.trailing-zeros",
        severity=Severity.WARNING,
        title="Too many zeros after the end of a tar file",
        message="More than {limit} bytes of zeros follow the end marker of the tar file; nothing after byte "
        "{offset} was read.",
        explanation="Tar files are padded with some zeros at their end. This many are no padding, and reading all "
        "of them could take for ever.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.changed",
        severity=Severity.ERROR,
        title="An archive that changed during the scan",
        message="The archive changed or vanished during the scan.",
        explanation="Size or modification time differ from those at the start of the scan, so members may differ "
        "from those that were listed. Nothing was read from the archive after the change.",
        fix="Scan again when nothing writes to the archive any more.",
    ),
    IssueCode(
        name="archive.ambiguous-path",
        severity=Severity.ERROR,
        title="An archive whose members would have the paths of other files",
        message="The archive was not read: beside it is a file or directory with the same name followed by '!'.",
        explanation="A member's path is the archive's path, '!/' and the member's name. The files of that "
        "directory would have the same paths, and each path of an inventory must name one file.",
        fix="Rename one of the two, and scan again.",
    ),
    IssueCode(
        name="archive.too-many-entries",
        severity=Severity.ERROR,
        title="An archive with too many entries",
        message="The archive has more than {limit} entries, or more than 64 MiB of names; the rest was not read.",
        explanation="The names of an archive's entries are kept in memory, so their number is limited. A ZIP file "
        "over the limit is not read at all, since its directory is read as a whole.",
        fix="Unpack the archive and scan the directory, or pack it again as several archives.",
    ),
    IssueCode(
        name="archive.ratio",
        severity=Severity.ERROR,
        title="An archive that unpacks to far more than its size",
        message="The archive of {size:byte} unpacks to more than {limit} bytes; the rest was not read.",
        explanation="Images do not compress this well, but files made to exhaust a reader do. An archive may "
        "unpack to 200 times its size, and to at least 256 MiB.",
        fix="If the archive is what you expect, unpack it and scan the directory.",
    ),
    IssueCode(
        name="archive.total-size",
        severity=Severity.ERROR,
        title="An archive that unpacks to too many bytes",
        message="The archive unpacks to more than {limit} bytes; the rest was not read.",
        explanation="The time to read a compressed archive grows with its unpacked size.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.member-too-large",
        severity=Severity.ERROR,
        title="A member that is larger than any P10 file that can be imported",
        message="The member has {size:byte}, more than {limit}, and was not read.",
        explanation=f"HealthImaging imports P10 files of at most {MAX_P10_GB} GB.",
        fix="Unpack the archive and scan the directory, if the file matters.",
    ),
    IssueCode(
        name="archive.encrypted",
        severity=Severity.ERROR,
        title="An encrypted member",
        message="The member is encrypted and was not read.",
        explanation="If the member is a P10 file, its instance is missing from the inventory.",
        fix="Unpack the archive with its password and scan the directory.",
    ),
    IssueCode(
        name="archive.unsupported-member",
        severity=Severity.ERROR,
        title="A member in a form that cannot be read",
        message="The member was not read: {reason}.",
        explanation="ZIP members may be stored, or compressed with Deflate, bzip2 or LZMA; sparse files in tar "
        "archives are not read. If the member is a P10 file, its instance is missing from the inventory.",
        fix="Unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.member-damaged",
        severity=Severity.ERROR,
        title="A damaged member of an archive",
        message="The member cannot be read: {reason}.",
        explanation="The archive lists the member, but its data is cut off or damaged. If it is a P10 file, its "
        "instance is missing from the inventory.",
        fix="Copy the archive again from where it came from.",
    ),
    IssueCode(
        name="archive.nested",
        severity=Severity.WARNING,
        title="An archive inside an archive",
        message="By its name this is an archive inside an archive; it was not read.",
        explanation="Only archives that are files of the source are read. The content of this one is missing from "
        "the inventory.",
        fix="Unpack the outer archive and scan the directory, if the inner one holds P10 files.",
    ),
    IssueCode(
        name="archive.link-not-followed",
        severity=Severity.WARNING,
        title="A link inside an archive",
        message="This is a link inside an archive and was not followed.",
        explanation="A link has no bytes of its own. Its target is another member, which is in the inventory under "
        "its own name, or something outside the archive.",
        fix="If the link has to count as a file, unpack the archive and scan the directory.",
    ),
    IssueCode(
        name="archive.unsafe-names",
        severity=Severity.WARNING,
        title="Members whose names point outside the archive",
        message="{count:member} {count:has|have} an absolute path, or '..', as the name.",
        explanation="The members were read and are in the inventory under these names. A program that unpacks them "
        "skips them, changes their names, or writes outside its directory.",
        fix="Check these names before you unpack the archive.",
    ),
    IssueCode(
        name="archive.duplicate-names",
        severity=Severity.WARNING,
        title="Members with the same name",
        message="Members with the name of an earlier member: {count}.",
        explanation="All were read. The later ones are in the inventory with '!2', '!3' and so on after their "
        "names. A program that unpacks the archive keeps one member of each name, usually the last.",
        fix="Find out which member is meant, and pack the archive again.",
    ),
    IssueCode(
        name="archive.instances-inside",
        severity=Severity.WARNING,
        title="Instances that an import job cannot see",
        message="Files with instances inside archives: {count}.",
        explanation="An import job reads P10 files under its inputS3Uri; AWS does not document that it unpacks "
        "archives. No job of the plan imports these files; the archive counts as a file without an instance.",
        fix="Unpack the archives, scan the directory, and draft from that inventory.",
    ),
)
