using System.Text.RegularExpressions;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>Forms of texts; the same expressions are in hwmocks/scenario.schema.json.</summary>
internal static partial class Patterns
{
    public static readonly Regex Version = VersionRegex();
    public static readonly Regex CudaVersion = CudaVersionRegex();
    public static readonly Regex Hex32 = Hex32Regex();
    public static readonly Regex Hex64 = Hex64Regex();
    public static readonly Regex BusId = BusIdRegex();
    public static readonly Regex Guid = GuidRegex();
    public static readonly Regex EntryId = EntryIdRegex();
    public static readonly Regex Function = FunctionRegex();

    // \z where the schema has $, which in .NET also matches before a last line feed.
    [GeneratedRegex(@"^[0-9]{1,3}\.[0-9]{1,3}\z")]
    private static partial Regex VersionRegex();

    [GeneratedRegex(@"^[0-9]{1,3}\.[0-9]\z")]
    private static partial Regex CudaVersionRegex();

    [GeneratedRegex(@"^0x[0-9a-fA-F]{8}\z")]
    private static partial Regex Hex32Regex();

    [GeneratedRegex(@"^0x[0-9a-fA-F]{1,16}\z")]
    private static partial Regex Hex64Regex();

    [GeneratedRegex(@"^([0-9a-fA-F]{4}|[0-9a-fA-F]{8}):[0-9a-fA-F]{2}:[0-1][0-9a-fA-F]\.[0-7]\z")]
    private static partial Regex BusIdRegex();

    [GeneratedRegex(@"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z")]
    private static partial Regex GuidRegex();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z")]
    private static partial Regex EntryIdRegex();

    [GeneratedRegex(@"^(nvml|cu)[A-Za-z0-9_]*\*?\z")]
    private static partial Regex FunctionRegex();
}
