"""How instances of different vendors are laid out: encodings, character sets, sequences, private groups, UIDs."""

from __future__ import annotations

from dataclasses import dataclass

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the instances of one vendor's device have in common."""

    manufacturer: str
    modality: str
    sop_class_uid: str
    transfer_syntax_uid: str = EXPLICIT_LITTLE
    character_set: str = ""
    codec: str = "ascii"
    """Python's codec for the character set."""
    patient_name: str
    uid_root: str
    uid_style: str
    """'counted', 'clocked' or 'random': how SOP Instance UIDs of a series differ."""
    undefined: bool = False
    """Sequences have undefined lengths."""
    references: int = 0
    """Items of sequences before the Series Instance UID."""
    acquisition: int
    """Elements of group 0018."""
    private: int = 0
    """Private elements before the Series Instance UID."""
    study_size: tuple[int, int] = (1_000, 4_000)
    """Instances of a study: at least, at most."""
    series_sizes: tuple[int, ...]
    size: tuple[int, int]
    """Rows and columns."""

    @property
    def implicit(self) -> bool:
        """Whether VRs are not written."""
        return self.transfer_syntax_uid == IMPLICIT_LITTLE


_CT, _MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
_SLICES = (3, 24, 60, 120, 175, 320, 512)

LAYOUTS = (
    Layout(
        manufacturer="GE MEDICAL SYSTEMS",
        modality="MR",
        sop_class_uid=_MR,
        character_set="ISO_IR 100",
        codec="latin-1",
        patient_name="Müller^Jörg",
        uid_root="1.2.840.113619.2.408",
        uid_style="clocked",
        undefined=True,
        references=3,
        acquisition=34,
        private=90,
        series_sizes=_SLICES,
        size=(256, 256),
    ),
    Layout(
        manufacturer="SIEMENS",
        modality="CT",
        sop_class_uid=_CT,
        character_set="ISO_IR 100",
        codec="latin-1",
        patient_name="Doe^Jane^^Dr",
        uid_root="1.3.12.2.1107.5.1.4.66071",
        uid_style="random",
        references=1,
        acquisition=26,
        private=8,
        series_sizes=(1, 60, 130, 260, 512),
        size=(512, 512),
    ),
    Layout(
        manufacturer="Philips Medical Systems",
        modality="MR",
        sop_class_uid=_MR,
        transfer_syntax_uid=IMPLICIT_LITTLE,
        character_set="ISO_IR 192",
        codec="utf-8",
        patient_name="Νικολάου^Άννα",
        uid_root="1.3.46.670589.11.17169.5",
        uid_style="counted",
        undefined=True,
        references=2,
        acquisition=30,
        series_sizes=_SLICES,
        size=(320, 320),
    ),
    Layout(
        manufacturer="CANON",
        modality="CT",
        sop_class_uid=_CT,
        transfer_syntax_uid=JPEG_2000,
        character_set="\\ISO 2022 IR 87",
        codec="iso2022_jp",
        patient_name="Yamada^Tarou=山田^太郎=やまだ^たろう",
        uid_root="1.2.392.200036.9116.2.6",
        uid_style="counted",
        references=1,
        acquisition=22,
        private=4,
        series_sizes=(2, 80, 200, 400),
        size=(512, 512),
    ),
    Layout(
        manufacturer="FUJIFILM",
        modality="CR",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1",
        transfer_syntax_uid=IMPLICIT_LITTLE,
        patient_name="ROE^RICHARD",
        uid_root="1.2.392.200036.9125.4",
        uid_style="random",
        acquisition=9,
        study_size=(1, 8),
        series_sizes=(1, 1, 2),
        size=(2048, 1760),
    ),
)
