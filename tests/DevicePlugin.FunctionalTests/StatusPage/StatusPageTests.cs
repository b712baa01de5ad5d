using DevicePlugin.FunctionalTests.Metrics;
using DevicePlugin.Tests;
using Microsoft.Playwright;

namespace DevicePlugin.FunctionalTests.StatusPage;

/// <summary>The page in a real browser, served by the real executable.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class StatusPageTests
{
    private const string Gpu0 = "GPU-00000000-0000-0000-0000-000000000000";

    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 30_000 };

    [Test]
    public async Task Page_OfABusyNode_ShowsItLive()
    {
        using var scenario = new BusyNode();
        await using var node = await MetricsNode.StartAsync(scenario.WithLoad());
        await using var browser = await Browser.StartAsync();
        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();

        var page = await browser.OpenAsync(node.Url);

        await Assertions.Expect(page.Locator(".card")).ToHaveCountAsync(8);
        await Assertions.Expect(page.Locator("#health")).ToContainTextAsync(
            "GPU 6: XID 79: GPU has fallen off the bus; reboot the node", Patient);
        await Assertions.Expect(page.Locator("#use")).ToContainTextAsync(Gpu0);
        await Assertions.Expect(page.Locator("#events")).ToContainTextAsync("XID 31: memory page fault", Patient);

        // A second point makes a line, and a sine moves.
        await page.WaitForFunctionAsync("() => document.querySelector('.u .line').getAttribute('d').includes('L')");
        var value = await page.Locator(".card .p .num").First.TextContentAsync();
        await page.WaitForFunctionAsync(
            "old => document.querySelector('.card .p .num').textContent !== old", value);
        var paint = await page.EvaluateAsync<double>(
            "() => performance.getEntriesByName('first-contentful-paint')[0].startTime");
        await TestContext.Out.WriteLineAsync($"first contentful paint after {paint:0} ms");
        await Browser.ScreenshotAsync(page, "desktop");
    }

    [Test]
    public async Task Page_InTheDark_IsDark()
    {
        using var scenario = new BusyNode();
        await using var node = await MetricsNode.StartAsync(scenario.WithLoad());
        await using var browser = await Browser.StartAsync();

        var page = await browser.OpenAsync(node.Url, scheme: ColorScheme.Dark);

        await Assertions.Expect(page.Locator(".card")).ToHaveCountAsync(8);
        var background = await page.EvaluateAsync<string>(
            "() => getComputedStyle(document.documentElement).backgroundColor");
        Assert.That(background, Is.EqualTo("rgb(14, 18, 23)"));
        Assert.That(await WorstContrastAsync(page), Is.GreaterThanOrEqualTo(4.5));
        await Browser.ScreenshotAsync(page, "dark");
    }

    [Test]
    public async Task Page_OnAPhone_FitsIntoItsWidth()
    {
        await using var node = await MetricsNode.StartAsync("sick");
        await using var browser = await Browser.StartAsync();

        var page = await browser.OpenAsync(node.Url, width: 320, height: 640);

        await Assertions.Expect(page.Locator(".card")).ToHaveCountAsync(14);
        Assert.That(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(320));
        Assert.That(await WorstContrastAsync(page), Is.GreaterThanOrEqualTo(4.5));
        await Browser.ScreenshotAsync(page, "phone");
    }

    [Test]
    public async Task Page_OfASickNode_NamesEachFaultOnce_AndFiltersBySickness()
    {
        await using var node = await MetricsNode.StartAsync("sick");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(node.Url);

        await Assertions.Expect(page.Locator("#health li")).ToHaveCountAsync(13, new() { Timeout = 30_000 });
        await page.GetByLabel("Only those with a problem").CheckAsync();

        await Assertions.Expect(page.Locator(".card:visible")).ToHaveCountAsync(13);
        await Assertions.Expect(page.Locator("#found")).ToHaveTextAsync("13 of 14 shown");
        await Browser.ScreenshotAsync(page, "sick");
    }

    [Test]
    public async Task Page_Of1120Devices_GroupsThemByGpu_AndFindsOne()
    {
        using var scenario = new BusyNode();
        await using var node = await MetricsNode.StartAsync(scenario.WithManyDevices());
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(node.Url);

        await Assertions.Expect(page.Locator(".card")).ToHaveCountAsync(160);
        await Assertions.Expect(page.Locator("#sums")).ToContainTextAsync("1120");
        await page.WaitForFunctionAsync("() => document.querySelector('.card .t .num').textContent.includes('°C')");
        await Browser.ScreenshotAsync(page, "many");
        await page.GetByRole(AriaRole.Searchbox).FillAsync("MIG-00000077-0003");

        await Assertions.Expect(page.Locator(".card:visible")).ToHaveCountAsync(1);
        await page.Locator(".card:visible summary").ClickAsync();
        await Assertions.Expect(page.Locator(".card:visible tbody tr")).ToHaveCountAsync(7);
    }

    [Test]
    public async Task Keyboard_GoesThroughThePage_AndTheFocusIsSeen()
    {
        await using var node = await MetricsNode.StartAsync("sick");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(node.Url);
        await Assertions.Expect(page.Locator("#health li")).ToHaveCountAsync(13, new() { Timeout = 30_000 });

        await page.Keyboard.PressAsync("Tab");
        Assert.That(await FocusAsync(page), Is.EqualTo("a Skip to the GPUs"));
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        Assert.That(await FocusAsync(page), Is.EqualTo("a GPU 1"));
        var outline = await page.EvaluateAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle");
        Assert.That(outline, Is.EqualTo("solid"));
        await page.Locator("#ill").FocusAsync();
        await page.Keyboard.PressAsync("Tab");
        Assert.That(await page.EvaluateAsync<string>("() => document.activeElement.id"), Is.EqualTo("find"));
        await page.Keyboard.PressAsync("Tab");
        Assert.That(await FocusAsync(page), Is.EqualTo("summary Details"));

        Assert.That(await page.Locator("header, main").CountAsync(), Is.GreaterThanOrEqualTo(2));
        Assert.That(await page.Locator("[aria-live]").CountAsync(), Is.EqualTo(1), "only health is read aloud");
        Assert.That(
            await page.Locator("#events thead th").EvaluateAllAsync<string[]>("cells => cells.map(cell => cell.scope)"),
            Is.EqualTo(new[] { "col", "col", "col" }));
    }

    [Test]
    public async Task Page_WhosePluginIsStartedAnew_SaysSo()
    {
        var first = await MetricsNode.StartAsync("dgx-h100");
        await using var browser = await Browser.StartAsync();
        browser.Expected = fault => fault.Contains("ERR_", StringComparison.Ordinal);
        var page = await browser.OpenAsync(first.Url);
        await Assertions.Expect(page.Locator(".fine")).ToHaveTextAsync("All 8 devices are healthy.");

        await first.DisposeAsync();
        await Assertions.Expect(page.Locator("#health")).ToContainTextAsync(
            "The connection to the plugin was lost", Patient);
        await Assertions.Expect(page.Locator("#link")).ToHaveTextAsync("Not connected");

        await using var second = await MetricsNode.StartAsync(
            "dgx-h100", $"\"address\": \"{new Uri(first.Url).Authority}\"");
        await Assertions.Expect(page.Locator("#health")).ToContainTextAsync("The plugin was restarted", Patient);
        await Assertions.Expect(page.Locator("#link")).ToHaveTextAsync("Live");
    }

    private static Task<string> FocusAsync(IPage page) => page.EvaluateAsync<string>(
        "() => document.activeElement.tagName.toLowerCase() + ' ' + document.activeElement.textContent");

    /// <summary>The least contrast of a text with what is behind it, by WCAG's formula; AA wants 4.5.</summary>
    private static Task<double> WorstContrastAsync(IPage page) => page.EvaluateAsync<double>(
        """
        () => {
          const parse = text => text.match(/[\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = node => {
            for (; node; node = node.parentElement) {
              const color = parse(getComputedStyle(node).backgroundColor);
              if (color.length < 4 || color[3] === 1) return color;
            }
            return [255, 255, 255];
          };
          let worst = 21;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            const isText = walker.currentNode.textContent.trim() && !['SCRIPT', 'STYLE'].includes(node.tagName);
            if (!isText || !node.checkVisibility()) continue;
            const [one, two] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
            worst = Math.min(worst, (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05));
          }
          return worst;
        }
        """);
}
