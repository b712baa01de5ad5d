namespace DevicePlugin.Nomad.Configuration;

/// <summary>The bytes are no MessagePack or JSON that a configuration could be read from.</summary>
internal sealed class MalformedConfigException(string message, Exception? innerException = null)
    : Exception(message, innerException);
