using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Words for NVML's enums. A code without a word is its number, so that a new GPU still tells itself apart.
/// </summary>
internal static class Words
{
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

    private static readonly string[] RecoveryActions =
        ["none", "GPU reset", "node reboot", "drain P2P", "drain and reset", "recover IMEX"];

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

    public static double? NvLinkVersion(int code) =>
        code > 0 && code < NvLinkVersions.Length ? NvLinkVersions[code] : null;

    private static string? Word(string?[] words, uint? code) => code is not { } known
        ? null
        : (known < words.Length ? words[known] : null) ?? known.ToString(CultureInfo.InvariantCulture);
}
