using System.Text;
using DevicePlugin.Hardware.Cdi;

namespace DevicePlugin.UnitTests.Hardware.Cdi;

internal sealed class CdiSpecContentTests
{
    // As nvidia-ctk cdi generate writes it, in short.
    private const string Nvidia = """
        ---
        cdiVersion: 0.5.0
        kind: nvidia.com/gpu
        devices:
            - name: "0"
              containerEdits:
                deviceNodes:
                    - path: /dev/nvidia0
            - name: GPU-ac81e44d-0000-4000-8000-000000000000
              containerEdits: {deviceNodes: [{path: /dev/nvidia0}]}
            - containerEdits:
                deviceNodes:
                    - path: /dev/nvidia0
              name: all
        containerEdits:
            env:
                - name: not a device's
            hooks: []
        """;

    [Test]
    public void Parse_Yaml_FindsKindAndNames()
    {
        var spec = Parse(Nvidia);

        Assert.That(spec.Problem, Is.Null);
        Assert.That(spec.Kind, Is.EqualTo("nvidia.com/gpu"));
        Assert.That(spec.Names, Is.EquivalentTo(["0", "GPU-ac81e44d-0000-4000-8000-000000000000", "all"]));
    }

    [Test]
    public void Parse_Json_FindsKindAndNames()
    {
        var spec = Parse("""{"devices":[{"name":"a","containerEdits":{}},{"name":7},3],"kind":"vendor.com/net","cdiVersion":"0.5.0"}""");

        Assert.That(spec.Problem, Is.Null);
        Assert.That(spec.Kind, Is.EqualTo("vendor.com/net"));
        Assert.That(spec.Names, Is.EqualTo(["a"]));
    }

    [TestCase("{kind: nvidia.com/gpu, devices: [{name: a}, {name: 'b'}]}", TestName = "flow style, which is not JSON")]
    [TestCase("# a comment\n\"kind\": nvidia.com/gpu\ndevices:\n- {name: a}\n- ? name\n  : b\n", TestName = "quoted and explicit keys")]
    [TestCase("kind: nvidia.com/gpu\ndevices:\n- name: a\n- name: b\n---\nkind: other.com/gpu\n", TestName = "the first document counts")]
    public void Parse_OtherWaysToWriteIt_AreTheSame(string text)
    {
        var spec = Parse(text);

        Assert.That(spec.Problem, Is.Null);
        Assert.That(spec.Kind, Is.EqualTo("nvidia.com/gpu"));
        Assert.That(spec.Names, Is.EquivalentTo(["a", "b"]));
    }

    [TestCase("")]
    [TestCase("\0\u0001\u0002")]
    [TestCase("- a\n- b\n")]
    [TestCase("{\"devices\":[]}")]
    [TestCase("7")]
    [TestCase("kind: [a")]
    [TestCase("kind: a.com/b\ndevices: 7\n")]
    [TestCase("kind: a.com/b\ndevices:\n- x\n")]
    [TestCase("\tkind: a")]
    public void Parse_NoSpec_IsUnclearAndOfNoKind(string text)
    {
        var spec = Parse(text);

        Assert.That(spec.Problem, Is.Not.Empty);
        Assert.That(spec.Kind, Is.Null);
    }

    [TestCase("x: &k nvidia.com/gpu\nkind: *k\n")]
    [TestCase("x: &k {kind: nvidia.com/gpu}\n<<: *k\n")]
    [TestCase("kind: nvidia.com/gpu\ndevices:\n- name: [\n")]
    [TestCase("{\"kind\": \"nvidia.com/gpu\", ")]
    [TestCase("{\"kind\": \"nvidia.com/gpu\", \"\\ud800\": 1}")]
    [TestCase("{\"kind\": \"nvidia.com/gpu\", \"devices\": [{\"name\": \"\\ud800\"}]}")]
    public void Parse_TextThatARuntimeMayUnderstand_CountsAsOneOfTheKindItNames(string text)
    {
        var spec = Parse(text);

        Assert.That(spec.Problem, Is.Not.Empty);
        Assert.That(spec.Kind, Is.EqualTo("nvidia.com/gpu"));
    }

    [TestCase("[")]
    [TestCase("- ")]
    [TestCase("{a: ")]
    [TestCase("a:\n ")]
    public void Parse_DeeplyNested_IsAnAnswer(string open) => Assert.That(
        Parse(string.Concat(Enumerable.Repeat(open, 200_000))).Kind, Is.Null);

    [Test]
    public void Parse_ManyAliases_AreNotFollowed()
    {
        var bomb = new StringBuilder("kind: a.com/b\na0: &a0 [x, x]\n");
        for (var level = 1; level < 60; level++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]\n");
        }

        Assert.That(Parse(bomb.ToString()).Kind, Is.EqualTo("a.com/b"));
    }

    private static CdiSpecContent Parse(string text) => CdiSpecContent.Parse(Encoding.UTF8.GetBytes(text));
}
