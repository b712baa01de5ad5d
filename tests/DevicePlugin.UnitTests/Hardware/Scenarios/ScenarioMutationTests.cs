using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

internal sealed class ScenarioMutationTests
{
    private static readonly string[] Seeds = ["dgx-a100-mig", "sick", "gb10", "old-driver"];

    private static readonly string[] Fragments =
    [
        "null", "-1", "1e400", "0.5", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\udc00\"", "true", "[]", "{}", "[null]",
        "9007199254740993", "[[[[]]]]", "{\"a\":{\"a\":{}}}", "\"all\"",
    ];

    [Test]
    public void Bytes_Changed_AreReadOrRefused()
    {
        var seeds = Seeds.Select(name => Encoding.UTF8.GetBytes(ScenarioLibrary.Find(name).ReadText())).ToArray();
        var changed = Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 8];
        Gen.Select(OneOf(seeds), changed)
            .Sample((seed, changes) =>
            {
                var text = (byte[])seed.Clone();
                foreach (var (position, value) in changes)
                {
                    text[position % text.Length] = value;
                }

                return IsReadOrRefused(text);
            });
    }

    [Test]
    public void Values_Replaced_AreReadOrRefused()
    {
        var seeds = Seeds.Select(name => ScenarioLibrary.Find(name).ReadText()).ToArray();
        Gen.Select(OneOf(seeds), Gen.Int[0, int.MaxValue], OneOf(Fragments))
            .Sample((seed, position, fragment) =>
            {
                var root = JsonNode.Parse(seed)!;
                var places = Places(root).ToList();
                var place = places[position % places.Count];
                var marker = JsonValue.Create("@@");
                if (place.Parent is JsonObject owner)
                {
                    owner[place.Name!] = marker;
                }
                else
                {
                    ((JsonArray)place.Parent)[place.Index] = marker;
                }

                var text = root.ToJsonString().Replace("\"@@\"", fragment, StringComparison.Ordinal);
                return IsReadOrRefused(Encoding.UTF8.GetBytes(text));
            });
    }

    private static Gen<T> OneOf<T>(T[] items) => Gen.Int[0, items.Length - 1].Select(index => items[index]);

    private static bool IsReadOrRefused(byte[] text)
    {
        try
        {
            var scenario = Scenario.Parse(text);
            return scenario.Equals(Scenario.Parse(Encoding.UTF8.GetBytes(scenario.ToJson())));
        }
        catch (ScenarioException exception)
        {
            return exception.Problems.Count > 0 && exception.Problems.All(problem => problem.StartsWith('$'));
        }
    }

    private static IEnumerable<(JsonNode Parent, string? Name, int Index)> Places(JsonNode node) => node switch
    {
        JsonObject owner => owner.SelectMany(pair =>
            Inside(pair.Value).Prepend((owner, pair.Key, 0))),
        JsonArray list => list.SelectMany((item, index) => Inside(item).Prepend((list, null, index))),
        _ => [],
    };

    private static IEnumerable<(JsonNode Parent, string? Name, int Index)> Inside(JsonNode? node) =>
        node is null ? [] : Places(node);
}
