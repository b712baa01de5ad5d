namespace DevicePlugin.Gpu.Sharing;

/// <summary>Something in the rules that does not suit the devices of the node.</summary>
/// <param name="Kind">The first two are mistakes, the last one may be a device that is not there yet.</param>
/// <param name="Where">The keys of the configuration; one finding of a kind at one place is enough.</param>
/// <param name="What">What is wrong, with the devices concerned, without a full stop.</param>
/// <param name="Advice">What to do about it, without a full stop.</param>
public sealed record SharingFinding(SharingFindingKind Kind, string Where, string What, string Advice);
