namespace DevicePlugin.Hardware.Capture;

/// <summary>The node's hardware could not be recorded; the message says why.</summary>
public sealed class CaptureException(string message, Exception innerException) : Exception(message, innerException);
