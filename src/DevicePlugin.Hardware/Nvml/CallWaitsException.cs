namespace DevicePlugin.Hardware.Nvml;

/// <summary>A call did not return in time, because it waits for an older one that does not return either.</summary>
internal sealed class CallWaitsException(string message) : TimeoutException(message);
