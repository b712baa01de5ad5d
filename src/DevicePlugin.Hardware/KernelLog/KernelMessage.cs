using System.Globalization;
using System.Text;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>What NVIDIA's kernel modules say that matters here.</summary>
internal enum KernelMessageKind
{
    /// <summary>The module was loaded: whatever was said before is of an earlier load.</summary>
    DriverLoading,

    /// <summary>Which GPU is at an address. NVRM says it before the first XID of a GPU.</summary>
    GpuAddress,

    Xid,

    /// <summary>An error of an NVSwitch.</summary>
    SwitchError,
}

/// <summary>
/// A line of NVIDIA's kernel modules. The forms are those of krcReportXid and _krcLogUuidOnce in NVIDIA's open kernel modules
/// (src/nvidia/src/kernel/gpu/rc/kernel_rc.c), and those of older drivers, which left out <c>PCI:</c>. What follows the
/// number has the name of a process, which anybody can choose: it is ignored.
/// </summary>
internal sealed record KernelMessage(KernelMessageKind Kind)
{
    // A register dump helps nobody, and a line of the log can be long.
    private const int MostText = 160;

    /// <summary>As in sysfs; the log has no function, which is 0 for GPUs.</summary>
    public string Address { get; private init; } = "";

    /// <summary>The UUID, for <see cref="KernelMessageKind.GpuAddress"/>.</summary>
    public string Uuid { get; private init; } = "";

    /// <summary>The XID or SXid.</summary>
    public long Code { get; private init; }

    public int? GpuInstance { get; private init; }

    public int? ComputeInstance { get; private init; }

    /// <summary>Of an SXid: the switch and what the driver says of it.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Null for a line about something else.</summary>
    public static KernelMessage? Parse(ReadOnlySpan<byte> line)
    {
        var text = new LineScanner(line);
        if (text.Take("NVRM: "u8))
        {
            return text.Take("Xid ("u8) ? ParseXid(text)
                : text.Take("GPU at "u8) ? ParseAddress(text)
                : text.Take("loading NVIDIA UNIX"u8) ? new KernelMessage(KernelMessageKind.DriverLoading)
                : null;
        }

        return text.Take("nvidia-nvswitch"u8) ? ParseSwitchError(text) : null;
    }

    /// <summary>What it reports of the GPU with this UUID.</summary>
    public GpuEvent ToEvent(string? uuid) => new(
        Kind == KernelMessageKind.Xid ? GpuEventKind.Xid : GpuEventKind.SwitchError, uuid, Code, GpuInstance, ComputeInstance)
    {
        Text = Text,
    };

    private static KernelMessage? ParseXid(LineScanner text)
    {
        if (!text.TakeAddress(out var address))
        {
            return null;
        }

        long gpuInstance = 0;
        long computeInstance = 0;
        var hasGpuInstance = text.Take(" GPU-I:"u8);
        if (hasGpuInstance && !text.TakeNumber(out gpuInstance))
        {
            return null;
        }

        var hasComputeInstance = text.Take(" GPU-CI:"u8);
        if (hasComputeInstance && !text.TakeNumber(out computeInstance))
        {
            return null;
        }

        return text.Take("): "u8) && text.TakeNumber(out var code) && text.Take(","u8)
            ? new KernelMessage(KernelMessageKind.Xid)
            {
                Address = address,
                Code = code,
                GpuInstance = hasGpuInstance ? (int)gpuInstance : null,
                ComputeInstance = hasComputeInstance ? (int)computeInstance : null,
            }
            : null;
    }

    private static KernelMessage? ParseAddress(LineScanner text) =>
        text.TakeAddress(out var address) && text.Take(": "u8) && text.TakeUuid(out var uuid)
            ? new KernelMessage(KernelMessageKind.GpuAddress) { Address = address, Uuid = uuid }
            : null;

    private static KernelMessage? ParseSwitchError(LineScanner text) =>
        text.TakeNumber(out var number) && text.Take(": SXid ("u8) && text.TakeAddress(out var address)
            && text.Take("): "u8) && text.TakeNumber(out var code) && text.Take(","u8)
            ? new KernelMessage(KernelMessageKind.SwitchError)
            {
                Address = address,
                Code = code,
                Text = string.Create(
                    CultureInfo.InvariantCulture, $"nvidia-nvswitch{number} ({address}): {Shorten(text.Rest)}"),
            }
            : null;

    private static string Shorten(ReadOnlySpan<byte> rest) =>
        Encoding.ASCII.GetString(rest.Length > MostText ? rest[..MostText] : rest).Trim();
}
