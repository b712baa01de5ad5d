namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Remembers what a device said it does not support, so that it is asked once. Forgotten when MIG or ECC is switched,
/// since both change the answers.
/// </summary>
internal sealed class CallPlan
{
    private readonly Dictionary<(string Function, uint Selector), NvmlReturn> _unsupported = [];

    public bool Wants(string function, uint selector = 0) => !_unsupported.ContainsKey((function, selector));

    /// <summary>NOT_SUPPORTED and nothing else: a permission that is missing says nothing about the device.</summary>
    public bool IsNotSupported(string function) =>
        _unsupported.GetValueOrDefault((function, 0u)) == NvmlReturn.NotSupported;

    /// <summary>
    /// Whether the value can be used. A code about the driver or the whole device ends the work on it.
    /// </summary>
    public bool Accept(string function, NvmlReturn result, uint selector = 0)
    {
        if (result == NvmlReturn.Success)
        {
            return true;
        }

        if (result.IsDriverLoss() || result.Fault() is not null)
        {
            throw new NvmlException(function, result);
        }

        if (result.IsUnsupported())
        {
            _unsupported[(function, selector)] = result;
        }

        return false;
    }

    public void Forget() => _unsupported.Clear();
}
