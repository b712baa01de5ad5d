using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>
/// Replaces what tells a machine from others of its kind: UUIDs, serial numbers, the fabric's cluster, process names.
/// The stand-ins are counted in the order of the file, so the same identifier is the same stand-in everywhere in it,
/// captures of one node compare, and nothing can be computed back, which a hash of a short serial number could be.
/// </summary>
public static class ScenarioScrubber
{
    /// <summary>The same scenario with stand-ins; description and the text of its source stay as they are.</summary>
    public static Scenario Scrub(Scenario scenario)
    {
        var pass = new Pass();
        var gpus = scenario.Gpus.Select(pass.Replace).ToImmutableArray();
        return new Scenario(scenario.Description, scenario.Driver, gpus)
        {
            Source = Describe(scenario.Source),
            System = scenario.System,
            Patterns = [.. scenario.Patterns.Select(pattern => pattern with
            {
                Gpu = pass.Replace(pattern.Gpu),
                Values = pass.Replace(pattern.Values),
            })],
            Timeline = [.. scenario.Timeline.Select(entry => entry with
            {
                Gpu = entry.Gpu is { } gpu ? pass.Replace(gpu) : null,
                Set = entry.Set is { } set ? pass.Replace(set) : null,
            })],
            Calls = [.. scenario.Calls.Select(call => new CallFault(pass.Replace(call.Values)))],
        };
    }

    private static string Describe(string? source)
    {
        const string Note = "Identifiers are stand-ins.";
        var room = (ScenarioKeys.Source.MaxLength ?? 0) - Note.Length - 1;
        return source is null || source.Length > room ? Note : $"{source} {Note}";
    }

    private sealed class Pass
    {
        private readonly Dictionary<Key, Func<string, string>> _replacements;
        private readonly Dictionary<(string Kind, string Text), string> _standIns = [];
        private readonly Dictionary<string, int> _counts = [];

        public Pass() => _replacements = new Dictionary<Key, Func<string, string>>
        {
            [IdentityKeys.Uuid] = Uuid,
            [MigInstanceKeys.Uuid] = Uuid,
            [IdentityKeys.Serial] = text => StandIn("serial", text, number => $"{number:d13}"),
            [IdentityKeys.Pdi] = text => StandIn("pdi", text, number => $"0x{number:x16}"),
            [PlatformKeys.ChassisSerial] = text => StandIn("chassis", text, number => $"CHASSIS{number:d6}"),
            [PlatformKeys.FabricGuid] = text => StandIn("guid", text, number => $"0x{number:x16}"),
            [FabricKeys.ClusterUuid] = text => StandIn("cluster", text, ToUuid),
            [ProcessKeys.Name] = text => StandIn("process", text, number => $"process-{number}"),
        };

        public KeyedValues Replace(KeyedValues values)
        {
            // In the order of the file: the counting starts the same for each capture of a node.
            foreach (var key in values.Keys.OrderBy(key => key.Path, StringComparer.Ordinal).ToList())
            {
                values = values.With(key, values.Find(key) switch
                {
                    string text when _replacements.TryGetValue(key, out var replace) => replace(text),
                    GpuSelector selector => Replace(selector),
                    ImmutableArray<KeyedValues> items => items.Select(Replace).ToImmutableArray(),
                    var other => other,
                });
            }

            return values;
        }

        public GpuSelector Replace(GpuSelector selector) =>
            selector.Uuid is { } uuid ? selector with { Uuid = Uuid(uuid) } : selector;

        /// <summary>The form stays: <c>GPU-...</c>, <c>MIG-...</c>, <c>MIG-GPU-.../gi/ci</c>, or a bare UUID.</summary>
        private string Uuid(string uuid)
        {
            var slash = uuid.IndexOf('/', StringComparison.Ordinal);
            if (slash >= 0)
            {
                return Uuid(uuid[..slash]) + uuid[slash..];
            }

            const string Mig = "MIG-";
            if (uuid.StartsWith(Mig + "GPU-", StringComparison.Ordinal))
            {
                return Mig + Uuid(uuid[Mig.Length..]);
            }

            var prefix = uuid.StartsWith(Mig, StringComparison.Ordinal) ? Mig
                : uuid.StartsWith("GPU-", StringComparison.Ordinal) ? "GPU-" : "";
            return StandIn(prefix, uuid, number => prefix + ToUuid(number));
        }

        private string StandIn(string kind, string text, Func<int, string> make)
        {
            // Zeros are how NVML says that there is none.
            if (!text.AsSpan().ContainsAnyExcept("0x-"))
            {
                return text;
            }

            if (!_standIns.TryGetValue((kind, text), out var standIn))
            {
                _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
                standIn = _standIns[(kind, text)] = make(_counts[kind]);
            }

            return standIn;
        }

        private static string ToUuid(int number) =>
            string.Create(CultureInfo.InvariantCulture, $"00000000-0000-0000-0000-{number:x12}");
    }
}
