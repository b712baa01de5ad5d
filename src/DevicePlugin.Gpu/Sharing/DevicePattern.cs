using System.IO.Enumeration;

namespace DevicePlugin.Gpu.Sharing;

/// <summary>
/// Names devices as <see cref="DeviceSelector"/> does, or by model or MIG profile, in which <c>*</c> stands for any text;
/// <c>all</c> names every device. Upper and lower case are the same.
/// </summary>
public sealed class DevicePattern(string text)
{
    private readonly DeviceSelector _selector = new(text);
    private readonly bool _isAll = string.Equals(text, "all", StringComparison.OrdinalIgnoreCase);

    /// <summary>As the operator wrote it.</summary>
    public string Text => _selector.Text;

    /// <summary>
    /// Whether the text names single devices: by UUID, NVML index or PCI bus id. It is known from the text alone, as a model's
    /// name is neither a number nor an address and begins otherwise than a UUID.
    /// </summary>
    public bool NamesSingleDevices =>
        _selector.IsPlace
        || Text.StartsWith("GPU-", StringComparison.OrdinalIgnoreCase)
        || Text.StartsWith("MIG-", StringComparison.OrdinalIgnoreCase);

    public bool Matches(GpuDevice device) =>
        _isAll
        || _selector.Matches(device)
        || IsLike(device.Name)
        || (device.Mig is { } mig && IsLike(mig.Profile));

    public override string ToString() => Text;

    private bool IsLike(string name) => FileSystemName.MatchesSimpleExpression(Text, name, ignoreCase: true);
}
