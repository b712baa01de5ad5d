namespace DevicePlugin.Hosting;

/// <summary>The plugin's answer is one that Nomad refuses, or would fall over.</summary>
internal sealed class HostRuleException(string message) : Exception(message);
