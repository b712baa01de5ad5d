namespace DevicePlugin.Doctor;

/// <summary>Where the plugin block came from, and what is wrong with it or worth a warning.</summary>
internal sealed record ConfigReading(string Source, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings);
