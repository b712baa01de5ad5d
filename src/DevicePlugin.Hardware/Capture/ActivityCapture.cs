using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>How busy the GPU, or each of its GPU instances, is during the capture: GPM compares two moments.</summary>
internal sealed class ActivityCapture : IDisposable
{
    private readonly GpmActivity? _gpu;
    private readonly Dictionary<uint, GpmActivity> _instances = [];

    public ActivityCapture(DeviceQuery query, TimeProvider time)
    {
        if (!GpmActivity.IsSupported(query))
        {
            return;
        }

        foreach (var (_, device) in MigCapture.Instances(query))
        {
            if (device.Get<uint>(device.Api.Mig.GpuInstanceId) is { } id && !_instances.ContainsKey(id)
                && GpmActivity.TryCreate(query, id, time) is { } activity)
            {
                activity.Read();
                _instances.Add(id, activity);
            }
        }

        _gpu = _instances.Count == 0 ? GpmActivity.TryCreate(query, null, time) : null;
        _gpu?.Read();
    }

    /// <summary>Whether the second moment has to be waited for.</summary>
    public bool IsRunning => _gpu is not null || _instances.Count > 0;

    public void ReadGpu(CapturedValues values)
    {
        var readings = _gpu?.Read();
        values.Add(UtilizationKeys.GraphicsEnginePercent, readings?.GraphicsEngine);
        values.Add(UtilizationKeys.SmPercent, readings?.Sm);
        values.Add(UtilizationKeys.DramPercent, readings?.Dram);
    }

    public IReadOnlyDictionary<uint, GpmReadings> ReadInstances()
    {
        var readings = new Dictionary<uint, GpmReadings>();
        foreach (var (id, activity) in _instances)
        {
            if (activity.Read() is { } read)
            {
                readings.Add(id, read);
            }
        }

        return readings;
    }

    public void Dispose()
    {
        _gpu?.Dispose();
        foreach (var activity in _instances.Values)
        {
            activity.Dispose();
        }
    }
}
