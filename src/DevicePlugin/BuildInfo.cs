using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DevicePlugin;

internal static class BuildInfo
{
    /// <summary>Name of the executable, of the plugin in Nomad's catalogue and of the stanza: Nomad wants them equal.</summary>
    public const string Name = "nomad-device-gpu";

    private static readonly string[] Informational =
        (typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0.0.0").Split('+');

    public static string Version => Informational[0];

    /// <summary>Empty when the build was made outside a git checkout.</summary>
    public static string Commit => Informational.Length > 1 ? Informational[1] : "";

    public static string Runtime => $"{RuntimeInformation.FrameworkDescription} {RuntimeInformation.RuntimeIdentifier}";

    public static string Flavour => RuntimeFeature.IsDynamicCodeCompiled ? "managed" : "native AOT";
}
