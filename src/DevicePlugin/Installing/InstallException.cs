namespace DevicePlugin.Installing;

/// <summary>Why the plugin was not installed, or not put into service; the message says what to do.</summary>
internal sealed class InstallException(string message) : Exception(message);
