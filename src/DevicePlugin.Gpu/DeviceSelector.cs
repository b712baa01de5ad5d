using System.Globalization;

namespace DevicePlugin.Gpu;

/// <summary>
/// Names devices by UUID, NVML index or PCI bus id. What names a physical GPU names its MIG instances too; a MIG instance
/// alone is named by its own UUID.
/// </summary>
internal sealed class DeviceSelector
{
    private readonly int? _index;
    private readonly string? _pciBusId;

    public DeviceSelector(string text)
    {
        Text = text;
        _index = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
        _pciBusId = PciBusId.Normalize(text);
    }

    /// <summary>As the operator wrote it.</summary>
    public string Text { get; }

    /// <summary>Whether the text is an index or an address.</summary>
    public bool IsPlace => _index is not null || _pciBusId is not null;

    public bool Matches(GpuDevice device) =>
        string.Equals(Text, device.Uuid, StringComparison.OrdinalIgnoreCase)
        || string.Equals(Text, device.PhysicalUuid, StringComparison.OrdinalIgnoreCase)
        || _index == device.Index
        || (_pciBusId is not null && _pciBusId == (device.PciBusId ?? device.FormerPciBusId));
}
