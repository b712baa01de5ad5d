using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// A program that may be run with the rights of the plugin, and all that it is told of our environment. Nothing else is
/// started with these rights, so whoever starts a program has to have it checked first.
/// </summary>
internal sealed class TrustedProgram
{
    private TrustedProgram(string path, ImmutableDictionary<string, string> environment, string folder)
    {
        Path = path;
        Environment = environment;
        Folder = folder;
    }

    /// <summary>Behind all links.</summary>
    public string Path { get; }

    public ImmutableDictionary<string, string> Environment { get; }

    /// <summary>Where it runs.</summary>
    public string Folder { get; }

    /// <summary>Null with the reason where it is not to be run.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="environment">All of it.</param>
    /// <param name="trust">Checks it.</param>
    /// <param name="distrust">The reason.</param>
    public static TrustedProgram? Check(
        string path, ImmutableDictionary<string, string> environment, ProgramTrust trust, out string distrust) =>
        trust.Resolve(path, out distrust) is { } resolved ? new TrustedProgram(resolved, environment, "/") : null;

    /// <summary>
    /// The executable that runs here: whoever can replace it has these rights already. It runs in our own folder, since paths
    /// of our environment may be relative.
    /// </summary>
    public static TrustedProgram Own(string path, ImmutableDictionary<string, string> environment) =>
        new(path, environment, System.Environment.CurrentDirectory);

    public TrustedProgram With(string variable, string value) => new(Path, Environment.SetItem(variable, value), Folder);
}
