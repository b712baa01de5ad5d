using System.Globalization;
using DevicePlugin.Hardware.Cuda;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>Everything of one GPU. Both steps run on the GPU's own worker, since NVML may not come back.</summary>
internal sealed class GpuCapture(int index, NvmlApi api, NvmlOptions options, TimeProvider time) : IDisposable
{
    private const string UnknownName = "unknown";

    private ActivityCapture? _activity;
    private CapturedValues? _values;
    private string? _state;

    /// <summary>What was read so far, also after a timeout.</summary>
    public KeyedValues Values
    {
        get
        {
            // The two that the format requires; a GPU that is gone tells neither.
            var required = KeyedValues.Empty
                .With(IdentityKeys.Name, UnknownName)
                .With(IdentityKeys.Uuid, string.Create(CultureInfo.InvariantCulture, $"GPU-unknown-{index}"));
            var known = required.Under(_values?.Values ?? KeyedValues.Empty);
            return ResolvedGpu.Of(_state is null ? known : known.With(GpuKeys.State, _state));
        }
    }

    /// <summary>In words, for the progress.</summary>
    public string Outcome
    {
        get
        {
            var values = $"{Values.Keys.Count()} values";
            values = _state is null ? values : $"{values}, state \"{_state}\"";
            return _values is { LeftOut: { IsEmpty: false } leftOut }
                ? $"{values}; left out because the format cannot hold them: {string.Join(", ", leftOut)}"
                : values;
        }
    }

    /// <summary>True when a little has to pass before <see cref="Read"/>.</summary>
    public bool Open()
    {
        nint handle = 0;
        var result = api.System.DeviceByIndex.Call((uint)index, ref handle);
        if (result != NvmlReturn.Success)
        {
            Note(new NvmlException(api.System.DeviceByIndex.Name, result));
            return false;
        }

        var query = new DeviceQuery(api, handle, new CallPlan());
        _values = new CapturedValues(query);
        Try(() => _activity = new ActivityCapture(query, time));
        return _activity?.IsRunning == true;
    }

    public void Read(string? driverVersion)
    {
        if (_values is not { } values)
        {
            return;
        }

        Action[] groups =
        [
            () => IdentityCapture.Require(values.Query, api.Device.Uuid),
            () => IdentityCapture.Require(values.Query, api.Device.Name),
            () => IdentityCapture.ReadIdentity(values),
            () => IdentityCapture.ReadInforom(values),
            () => IdentityCapture.ReadPci(values, options.SysfsRoot),
            () => MemoryCapture.Read(values),
            () => PowerCapture.ReadPower(values),
            () => PowerCapture.ReadClocks(values),
            () => PowerCapture.ReadThermal(values),
            () => PowerCapture.ReadUtilization(values),
            () => _activity?.ReadGpu(values),
            () => ModesCapture.Read(values),
            () => EccCapture.Read(values),
            () => EccCapture.ReadRemap(values),
            () => FieldCapture.Read(values, driverVersion),
            () => LinkCapture.ReadLinks(values),
            () => LinkCapture.ReadFabric(values),
            () => IdentityCapture.ReadPlatform(values),
            () => ProcessCapture.Read(values),
            () => MigCapture.Read(values, _activity?.ReadInstances() ?? new Dictionary<uint, GpmReadings>()),
        ];
        foreach (var group in groups)
        {
            Try(group);
        }
    }

    public void Add(CudaFactTable cuda)
    {
        if (_values is not { } values || cuda.Find(Values.Uuid()) is not { } facts)
        {
            return;
        }

        values.Add(CudaKeys.SmCount, facts.SmCount);
        values.Add(CudaKeys.L2CacheKiB, facts.L2CacheKiB);
        values.Add(CudaKeys.SharedMemoryPerSmKiB, facts.SharedMemoryPerSmKiB);
        values.Add(CudaKeys.ThreadsPerSm, facts.ThreadsPerSm);
        values.Add(CudaKeys.CopyEngines, facts.CopyEngines);
        values.Add(CudaKeys.ClockMHz, facts.ClockMHz);
        values.Add(CudaKeys.Integrated, facts.IsIntegrated);
        values.Add(CudaKeys.ManagedMemory, facts.ManagedMemory);
        values.Add(CudaKeys.TotalMemoryMiB, facts.TotalMemoryMiB);
    }

    public void Dispose() => _activity?.Dispose();

    /// <summary>A group that ends with a code about the whole GPU leaves the others their chance.</summary>
    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (NvmlException exception) when (!exception.Result.IsDriverLoss())
        {
            Note(exception);
        }
    }

    private void Note(NvmlException exception)
    {
        if (exception.Result.IsDriverLoss())
        {
            throw exception;
        }

        if (exception.Result != NvmlReturn.CorruptedInforom)
        {
            _state ??= exception.Result switch
            {
                NvmlReturn.GpuIsLost => "lost",
                NvmlReturn.ResetRequired => "reset_required",
                NvmlReturn.NoPermission => "no_permission",
                NvmlReturn.InsufficientPower => "insufficient_power",
                NvmlReturn.IrqIssue => "irq_issue",
                NvmlReturn.OperatingSystem => "operating_system",
                NvmlReturn.Timeout => "timeout",
                NvmlReturn.InUse => "in_use",
                NvmlReturn.InsufficientResources => "insufficient_resources",
                _ => "unknown_error",
            };
        }
    }
}
