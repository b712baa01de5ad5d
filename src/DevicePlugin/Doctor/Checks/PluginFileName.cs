namespace DevicePlugin.Doctor.Checks;

/// <summary>A plugin's name is that of its file, less <c>.exe</c> (Nomad helper/pluginutils/loader/util.go).</summary>
internal static class PluginFileName
{
    private const string WindowsExtension = ".exe";

    public static string WithoutExtension(string file) =>
        file.EndsWith(WindowsExtension, StringComparison.Ordinal) ? file[..^WindowsExtension.Length] : file;
}
