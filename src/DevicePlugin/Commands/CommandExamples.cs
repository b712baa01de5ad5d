using System.CommandLine;

namespace DevicePlugin.Commands;

/// <summary>What a person would type, for the help of each command, by the words that name the command.</summary>
internal static class CommandExamples
{
    private const string Program = BuildInfo.Name;

    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [""] = [$"{Program} doctor", $"{Program} fingerprint --scenario dgx-h100"],
        ["capture"] =
        [
            $"{Program} capture -o node7.json",
            $"{Program} fingerprint --scenario node7.json",
        ],
        ["config"] = [$"{Program} config example"],
        ["config example"] = [$"{Program} config example"],
        ["config schema"] = [$"{Program} config schema", $"{Program} config schema --json"],
        ["config validate"] = [$"{Program} config validate gpu.json"],
        ["cordon"] =
        [
            $"{Program} cordon GPU-3a0cbd5e --reason \"RMA-123\"",
            $"{Program} cordon 0 1 --reason \"MIG layout\" --agent-config /etc/nomad.d",
        ],
        ["health"] = [$"{Program} health list"],
        ["health clear"] = [$"{Program} health clear 3", $"{Program} health clear all"],
        ["health list"] = [$"{Program} health list", $"{Program} health list --json"],
        ["reset"] = [$"{Program} reset 3 --dry-run", $"{Program} reset GPU-3a0cbd5e --agent-config /etc/nomad.d"],
        ["uncordon"] = [$"{Program} uncordon GPU-3a0cbd5e"],
        ["doctor"] =
        [
            $"{Program} doctor",
            $"{Program} doctor --agent-config /etc/nomad.d",
            $"{Program} doctor --json --config gpu.json",
        ],
        ["fingerprint"] =
        [
            $"{Program} fingerprint",
            $"{Program} fingerprint --json --scenario dgx-a100-mig",
        ],
        ["host"] =
        [
            $"{Program} host --scenario dgx-h100 --samples 1",
            $"{Program} host --plugin /opt/nomad/plugins/nomad-device-nvidia",
        ],
        ["install"] =
        [
            $"{Program} install",
            $"{Program} install --plugin-dir /opt/nomad/plugins",
            $"{Program} install --restart-plugin",
        ],
        ["mps"] = [$"{Program} mps status"],
        ["mps status"] = [$"{Program} mps status --config gpu.json"],
        ["mps stop"] = [$"{Program} mps stop", $"{Program} mps stop --force"],
        ["scenarios"] = [$"{Program} scenarios"],
        ["scenarios list"] = [$"{Program} scenarios list"],
        ["scenarios show"] = [$"{Program} scenarios show dgx-h100"],
        ["stats"] =
        [
            $"{Program} stats --interval 5s",
            $"{Program} stats --count 1 --json",
        ],
        ["watch"] = [$"{Program} watch --interval 2s"],
        ["version"] = [$"{Program} version", $"{Program} version --json"],
    };

    /// <summary>Empty for a command that has none, which a test does not allow.</summary>
    public static IReadOnlyList<string> For(Command command) => Examples.GetValueOrDefault(PathOf(command)) ?? [];

    private static string PathOf(Command command)
    {
        var words = new Stack<string>();
        for (var current = command; current is not RootCommand and not null;
            current = current.Parents.OfType<Command>().FirstOrDefault())
        {
            words.Push(current.Name);
        }

        return string.Join(' ', words);
    }
}
