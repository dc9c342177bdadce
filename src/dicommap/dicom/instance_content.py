"""Attributes that describe the content of a single instance, by module of PS3.3.

An example: a program multiplies the stored pixel values of a CT image by the image's RescaleSlope to get densities. If
all images of a series get the RescaleSlope of the first image, the densities of the other images are wrong.

The modules belong to information entities below the series (PS3.3 A.1.2: image, waveform, structure set, dose, plan, SR
document and others). They describe pixel values, geometry, timing of frames, structured content, or references to other
instances. From modules about the acquisition, such as CT Image, only attributes of this kind are listed. The other
attributes of these modules often have one value for a whole series.
"""

from __future__ import annotations

from dicommap.dicom.dictionary import tag_of

_KEYWORDS_BY_MODULE = {
    "C.7.6.1 General Image": "PatientOrientation LossyImageCompression LossyImageCompressionRatio "
    "LossyImageCompressionMethod RealWorldValueMappingSequence IconImageSequence PresentationLUTShape",
    "C.7.6.2 Image Plane": "PixelSpacing ImageOrientationPatient SliceThickness SpacingBetweenSlices",
    "C.7.6.5 Cine": "StartTrim StopTrim RecommendedDisplayFrameRate CineRate EffectiveDuration FrameTime "
    "FrameTimeVector FrameDelay ImageTriggerDelay ActualFrameDuration PreferredPlaybackSequencing "
    "MultiplexedAudioChannelsDescriptionCodeSequence",
    "C.7.6.6 Multi-frame": "FrameIncrementPointer StereoPairsPresent",
    "C.7.6.9 Frame Pointers": "RepresentativeFrameNumber FrameNumbersOfInterest FrameOfInterestDescription "
    "FrameOfInterestType",
    "C.7.6.10 Mask": "RecommendedViewingMode MaskSubtractionSequence",
    "C.7.6.11 Display Shutter": "ShutterShape ShutterLeftVerticalEdge ShutterRightVerticalEdge "
    "ShutterUpperHorizontalEdge ShutterLowerHorizontalEdge CenterOfCircularShutter RadiusOfCircularShutter "
    "VerticesOfThePolygonalShutter ShutterPresentationValue ShutterPresentationColorCIELabValue ShutterOverlayGroup",
    "C.7.6.14 Acquisition Context": "AcquisitionContextSequence",
    "C.7.6.16 Multi-frame Functional Groups": "SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence "
    "InConcatenationNumber InConcatenationTotalNumber ConcatenationFrameOffsetNumber",
    "C.7.6.17 Multi-frame Dimension": "DimensionOrganizationSequence DimensionIndexSequence DimensionOrganizationType",
    "C.8.4 Nuclear Medicine": "EnergyWindowVector DetectorVector PhaseVector RotationVector RRIntervalVector "
    "TimeSlotVector SliceVector AngularViewVector TimeSliceVector PhaseInformationSequence RotationInformationSequence "
    "GatedInformationSequence DetectorInformationSequence EnergyWindowInformationSequence",
    "C.8.5.5 US Region Calibration": "SequenceOfUltrasoundRegions",
    "C.8.6 Secondary Capture": "PageNumberVector FrameLabelVector FramePrimaryAngleVector FrameSecondaryAngleVector "
    "SliceLocationVector DisplayWindowLabelVector NominalScannedPixelSpacing",
    "C.8.8.2 RT Image": "RTImageOrientation RTImagePosition ImagePlanePixelSpacing ExposureSequence FluenceMapSequence",
    "C.8.8.3 RT Dose": "DoseGridScaling GridFrameOffsetVector NormalizationPoint ReferencedRTPlanSequence "
    "ReferencedTreatmentRecordSequence PlanOverviewSequence",
    "C.8.8.4 RT DVH": "DVHSequence DVHNormalizationPoint DVHNormalizationDoseValue",
    "C.8.8.5 Structure Set": "StructureSetROISequence ReferencedFrameOfReferenceSequence "
    "PredecessorStructureSetSequence SourceSeriesInformationSequence",
    "C.8.8.6 ROI Contour": "ROIContourSequence",
    "C.8.8.8 RT ROI Observations": "RTROIObservationsSequence",
    "C.8.8 Radiotherapy plans and records": "ReferencedStructureSetSequence ReferencedDoseSequence "
    "DoseReferenceSequence ToleranceTableSequence PatientSetupSequence FractionGroupSequence BeamSequence "
    "IonBeamSequence IonToleranceTableSequence TreatmentMachineSequence SourceSequence ApplicationSetupSequence "
    "TreatmentSessionBeamSequence TreatmentSessionIonBeamSequence FractionGroupSummarySequence "
    "TreatmentSummaryCalculatedDoseReferenceSequence TreatmentSummaryMeasuredDoseReferenceSequence",
    "C.8.9 PET Image": "FrameReferenceTime DecayFactor DoseCalibrationFactor ScatterFractionFactor DeadTimeFactor "
    "SliceSensitivityFactor PrimaryPromptsCountsAccumulated SecondaryCountsAccumulated ImageIndex",
    "C.8.11 Projection Radiography": "ImagerPixelSpacing PixelIntensityRelationship PixelIntensityRelationshipSign",
    "C.8.12 Microscopy": "OpticalPathSequence ImageCenterPointCoordinatesSequence ImagedVolumeWidth ImagedVolumeHeight "
    "ImagedVolumeDepth AnnotationGroupSequence",
    "C.8.20 Segmentation": "SegmentSequence SegmentationType MaximumFractionalValue SegmentationFractionalType "
    "SegmentsOverlap",
    "C.8.33 Tractography Results": "TrackSetSequence",
    "C.10.4 Displayed Area": "DisplayedAreaSelectionSequence",
    "C.10.5 Graphic Annotation": "GraphicAnnotationSequence GraphicLayerSequence GraphicGroupSequence",
    "C.10.6 Spatial Transformation": "ImageHorizontalFlip ImageRotation",
    "C.10.9 Waveform": "WaveformSequence WaveformDataDisplayScale WaveformPresentationGroupSequence",
    "C.10.10 Waveform Annotation": "WaveformAnnotationSequence",
    "C.11.1 Modality LUT": "RescaleIntercept RescaleSlope RescaleType ModalityLUTSequence VariableModalityLUTSequence",
    "C.11.2 VOI LUT": "WindowCenter WindowWidth WindowCenterWidthExplanation VOILUTFunction VOILUTSequence "
    "SoftcopyVOILUTSequence",
    "C.11.6 Softcopy Presentation LUT": "PresentationLUTSequence",
    "C.11 Presentation states": "BlendingSequence VolumeStreamSequence VolumeCroppingSequence FrameDisplaySequence "
    "HistogramSequence ReferencedImageRealWorldValueMappingSequence",
    "C.12.1 SOP Common": "DigitalSignaturesSequence MACParametersSequence EncryptedAttributesSequence "
    "OriginalAttributesSequence",
    "C.12.2 Common Instance Reference": "ReferencedSeriesSequence StudiesContainingOtherReferencedInstancesSequence",
    "C.12.4 General Reference": "ReferencedImageSequence ReferencedInstanceSequence SourceImageSequence "
    "SourceInstanceSequence",
    "C.17.2 SR Document General": "VerifyingObserverSequence AuthorObserverSequence ParticipantSequence "
    "PredecessorDocumentsSequence ReferencedRequestSequence CurrentRequestedProcedureEvidenceSequence "
    "PertinentOtherEvidenceSequence IdenticalDocumentsSequence CompletionFlag VerificationFlag",
    "C.17.3 SR Document Content": "ContentSequence ContentTemplateSequence ConceptNameCodeSequence ConceptCodeSequence "
    "MeasuredValueSequence TextValue ValueType ContinuityOfContent ReferencedSOPSequence TabulatedValuesSequence "
    "GraphicData GraphicType",
    "C.20 Spatial Registration": "RegistrationSequence DeformableRegistrationSequence "
    "ReferencedSpatialRegistrationSequence",
    "C.21 Spatial Fiducials": "FiducialSetSequence",
    "C.27 Surface Mesh": "SurfaceSequence NumberOfSurfaces SurfacePointsSequence",
}
_MODULES = {
    tag: module
    for module, keywords in _KEYWORDS_BY_MODULE.items()
    for keyword in keywords.split()
    if (tag := tag_of(keyword)) is not None
}
_REPEATING_GROUPS = {0x5000: "C.10.2 Curve", 0x6000: "C.9.2 Overlay Plane"}
"""Group 0x5000 or 0x6000 -> the module of the attributes in this group and the next 255 groups.

Only the even groups have such attributes, because odd groups are private (PS3.5 section 7.6).
"""


def find_content_module(tag: int) -> str | None:
    """Return the module of an attribute that describes the content of one instance; None for other attributes.

    Args:
        tag: The tag of the attribute as an integer.

    Returns:
        The section of PS3.3 and the name of the module, such as `C.11.1 Modality LUT`.

    """
    group = tag >> 16
    if group % 2 == 0 and group & 0xFF00 in _REPEATING_GROUPS:
        return _REPEATING_GROUPS[group & 0xFF00]
    return _MODULES.get(tag)
