using System.Globalization;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// A GPU as the kernel module lists it, in <c>driver/nvidia/gpus/ADDRESS/information</c> (kernel-open/nvidia/nv-procfs.c).
/// What the file does not say is null.
/// </summary>
/// <param name="PciBusId">The name of its folder, as sysfs writes it.</param>
internal sealed record KernelGpu(string PciBusId)
{
    // What the module writes for a board that its tables do not have.
    private const string UnknownModel = "Unknown";

    public string? Model { get; private init; }

    /// <summary>
    /// Null for a GPU that was never initialised, whose file has question marks: <c>GPU-????????-????-????-????-????????????</c>.
    /// </summary>
    public string? Uuid { get; private init; }

    /// <summary>N of <c>/dev/nvidiaN</c>.</summary>
    public int? MinorNumber { get; private init; }

    /// <summary>The administrator excluded it from the driver (NVreg_ExcludedGpus).</summary>
    public bool IsExcluded { get; private init; }

    public static KernelGpu Parse(string pciBusId, string text)
    {
        var gpu = new KernelGpu(pciBusId);
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                gpu = gpu.With(line[..colon], line[(colon + 1)..].Trim());
            }
        }

        return gpu;
    }

    private KernelGpu With(string key, string value) => key switch
    {
        "Model" => this with { Model = value == UnknownModel ? null : PlainText.Name(value) },
        "GPU UUID" => this with { Uuid = PlainText.Uuid(value) },
        "Device Minor" => this with
        {
            MinorNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : null,
        },
        "GPU Excluded" or "Blacklisted" => this with { IsExcluded = value == "Yes" },
        _ => this,
    };
}
