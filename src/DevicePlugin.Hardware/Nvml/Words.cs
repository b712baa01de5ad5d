using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Words for NVML's enums. A code without a word is its number, so that a new GPU still tells itself apart.
/// </summary>
internal static class Words
{
    private const string Reset = "drain the GPU and reset it";
    private const string Reboot = "reboot the node";

    private static readonly string?[] Architectures =
    [
        null, null, "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell",
        null, null, "rubin",
    ];

    private static readonly string[] Brands =
    [
        "unknown", "quadro", "tesla", "nvs", "grid", "geforce", "titan", "vapps", "vpc", "vcs", "vws",
        "cloud_gaming", "quadro_rtx", "nvidia_rtx", "nvidia", "geforce_rtx", "titan_rtx",
    ];

    private static readonly string[] VirtualizationModes = ["none", "passthrough", "vgpu", "host_vgpu", "host_vsga"];

    private static readonly string?[] ComputeModes = ["default", null, "prohibited", "exclusive_process"];

    private static readonly string[] AddressingModes = ["none", "hmm", "ats"];

    // The last two came with branch 590.
    private static readonly string[] RecoveryActions =
    [
        "none", "GPU reset", "node reboot", "drain P2P", "drain and reset", "recover IMEX", "PCIe bus reset", "system reboot",
    ];

    // docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt: P2P has to be quiet before the driver can tell which of the others it is.
    private static readonly string?[] RecoveryAdvices =
    [
        null, Reset, Reboot, "end the tasks that use peer-to-peer traffic, then see which action the driver asks for", Reset,
        "recover the IMEX domain", "drain the GPU and reset its PCIe bus", Reboot,
    ];

    // nvmlNvLinkVersion is an enum, not a version number.
    private static readonly double[] NvLinkVersions = [0, 1.0, 2.0, 2.2, 3.0, 3.1, 4.0, 5.0, 6.0];

    /// <summary>NVML_DEVICE_ARCH_UNKNOWN, all ones, is null.</summary>
    public static string? Architecture(uint? code) => code == uint.MaxValue ? null : Word(Architectures, code);

    public static string? Brand(uint? code) => code == 0 ? null : Word(Brands, code);

    public static string? Virtualization(uint? code) => Word(VirtualizationModes, code);

    public static string? ComputeMode(uint? code) => Word(ComputeModes, code);

    public static string? AddressingMode(uint? code) => Word(AddressingModes, code);

    public static string RecoveryAction(long code) =>
        code < RecoveryActions.Length ? RecoveryActions[code] : code.ToString(CultureInfo.InvariantCulture);

    /// <summary>Null for an action that is not known here.</summary>
    public static string? RecoveryAdvice(long code) => code < RecoveryAdvices.Length ? RecoveryAdvices[code] : null;

    public static double? NvLinkVersion(int code) =>
        code > 0 && code < NvLinkVersions.Length ? NvLinkVersions[code] : null;

    private static string? Word(string?[] words, uint? code) => code is not { } known
        ? null
        : (known < words.Length ? words[known] : null) ?? known.ToString(CultureInfo.InvariantCulture);
}
