using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>CDI specs of other programs, in JSON and YAML: never an exception, and never a kind overlooked.</summary>
internal sealed class CdiFuzz
{
    private const string Json =
        """
        {"cdiVersion":"0.6.0","kind":"nvidia.com/gpu","containerEdits":{"env":["A=b"]},"devices":[{"name":"0","containerEdits":{"deviceNodes":
        [{"path":"/dev/nvidia0"}]}},{"name":"all","containerEdits":{}}]}
        """;

    private const string Yaml =
        """
        cdiVersion: 0.5.0
        containerEdits: &edits
          deviceNodes:
          - path: /dev/nvidiactl
        devices:
        - name: "0"
          containerEdits: *edits
        - containerEdits: {env: [A=b]}
          name: all
        kind: nvidia.com/gpu
        """;

    [Test]
    public void Spec_IsUnderstoodOrUnclear_AndItsKindIsNotOverlooked() => new FuzzRun(2000, Json, Yaml)
    {
        Words = ["kind", "devices", "name", CdiNames.Kind, "---", "...", "!!str", "%YAML 1.1", "? ", "|", ">-", "<<: *edits", "- - -", "\t", "&edits", "*edits"],
    }.Run(input =>
    {
        var content = CdiSpecContent.Parse(input);
        FuzzRun.Require(
            content.Problem is null || content.Kind == CdiNames.Kind || input.AsSpan().IndexOf(Encoding.UTF8.GetBytes(CdiNames.Kind)) < 0,
            "the kind of an unclear spec is overlooked");
        if (content is { Problem: null, Kind: { } kind })
        {
            var again = CdiSpecContent.Parse(Write(kind, content.Names));
            FuzzRun.Require(again.Problem is null && again.Kind == kind && again.Names.SetEquals(content.Names), "it does not read back");
        }
    });

    private static byte[] Write(string kind, ImmutableHashSet<string> names)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", kind);
            writer.WriteStartArray("devices");
            foreach (var name in names)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
