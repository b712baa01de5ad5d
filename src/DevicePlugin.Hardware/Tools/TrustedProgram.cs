using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// A program that may be run with the rights of the plugin, and all that it is told of our environment. Nothing else is
/// started with these rights, so whoever starts a program has to have it checked first.
/// </summary>
internal sealed class TrustedProgram
{
    private TrustedProgram(string path, ImmutableDictionary<string, string> environment)
    {
        Path = path;
        Environment = environment;
    }

    /// <summary>Behind all links.</summary>
    public string Path { get; }

    public ImmutableDictionary<string, string> Environment { get; }

    /// <summary>Null with the reason where it is not to be run.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="environment">All of it.</param>
    /// <param name="trust">Checks it.</param>
    /// <param name="distrust">The reason.</param>
    public static TrustedProgram? Check(
        string path, ImmutableDictionary<string, string> environment, ProgramTrust trust, out string distrust) =>
        trust.Resolve(path, out distrust) is { } resolved ? new TrustedProgram(resolved, environment) : null;

    public TrustedProgram With(string variable, string value) => new(Path, Environment.SetItem(variable, value));
}
