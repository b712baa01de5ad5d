namespace DevicePlugin.Hardware.Nvml;

/// <summary>A failure that ends the work on a device or a session; unsupported values never get this far.</summary>
internal sealed class NvmlException(string function, NvmlReturn result) : Exception(Describe(function, result))
{
    public string Function { get; } = function;

    public NvmlReturn Result { get; } = result;

    public static string Describe(string function, NvmlReturn result) => $"{function} answered {result.CodeName()}";
}
