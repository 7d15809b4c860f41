namespace PspGateway.Simulator.Pages;

/// <summary>What every page wears: warm, calm, readable on a phone; one accent, Vipps' orange, with dark text on it.</summary>
internal static class Style
{
    public const string Css = """
        *{box-sizing:border-box}
        :root{--ink:#241a16;--soft:#6a5c54;--line:#e6dcd2;--paper:#fffdf9;--ground:#f6efe6;--vipps:#ff5b24;--deep:#7a3b12}
        body{margin:0;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:30rem;margin:0 auto;padding:1rem 1rem 3rem}
        main.wide{max-width:84rem}
        header.bar{display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;align-items:baseline;max-width:84rem;margin:0 auto;padding:.9rem 1rem .2rem}
        header.bar .name{font:700 1.25rem/1.2 Georgia,"DejaVu Serif",serif;color:var(--deep);text-decoration:none;margin-right:auto}
        header.bar nav{display:flex;gap:.3rem}
        header.bar nav a{padding:.3rem .75rem;border-radius:999px;text-decoration:none;color:var(--ink)}
        header.bar nav a:hover{background:#ecdfd1}
        header.bar nav a[aria-current]{background:#fff;box-shadow:0 0 0 1px var(--line);font-weight:600}
        h1{font:700 1.45rem/1.25 Georgia,"DejaVu Serif",serif;margin:.2rem 0 .6rem}
        h2{font-size:1.1rem;margin:1.6rem 0 .5rem}
        .card{background:var(--paper);border:1px solid var(--line);border-radius:18px;padding:1.2rem;box-shadow:0 8px 24px #5b3a1a14}
        fieldset{border:0;padding:0;margin:0 0 1rem}
        legend,label.top{font-weight:600;padding:0;margin:0 0 .4rem;display:block}
        input{accent-color:var(--deep)}
        input[type=text],input[type=tel]{width:100%;font:inherit;padding:.65rem .8rem;border:1px solid #9c8a7a;border-radius:12px;background:#fff;color:inherit}
        .cards label{display:grid;grid-template-columns:auto 1fr auto;gap:0 .6rem;align-items:center;border:1px solid #cbb9a6;border-radius:12px;padding:.55rem .7rem;margin-bottom:.4rem;background:#fff;color:var(--ink);cursor:pointer}
        .cards label:has(:checked){border-color:var(--deep);box-shadow:inset 0 0 0 1px var(--deep)}
        .cards small{color:var(--soft)}
        .cards details{margin:.2rem 0 0}
        .cards summary{padding:.3rem 0 .6rem}
        .hint{color:var(--soft);font-size:.9rem;margin:.3rem 0 1rem}
        button,a.button{display:block;width:100%;min-height:3.2rem;padding:.8rem 1rem;border:0;border-radius:999px;font-family:inherit;font-size:1.05rem;font-weight:700;line-height:1.4;text-align:center;text-decoration:none;cursor:pointer;margin-top:.7rem}
        .pay{background:var(--vipps);color:#1c0a02}
        .pay:hover{background:#ff7142}
        .plain,a.button.plain{background:#fff;color:var(--ink);border:1px solid #9c8a7a}
        .quiet{background:none;color:var(--soft);text-decoration:underline;min-height:2.4rem;padding:.4rem}
        :focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
        a{color:#8a3a0a}
        details{margin-top:1.2rem;color:var(--soft);font-size:.95rem}
        summary{cursor:pointer;color:var(--ink)}
        dl.amounts{display:grid;grid-template-columns:auto 1fr;gap:.15rem .9rem;margin:.6rem 0 0}
        dl.amounts dt{font-weight:600;color:var(--ink);white-space:nowrap}
        dl.amounts dd{margin:0}
        .card>.brand{margin:-1.2rem -1.2rem 1.2rem;padding:.9rem 1.2rem;border-radius:17px 17px 0 0;background:var(--vipps);color:#1c0a02;font-weight:700}
        .phone{max-width:23rem;margin:1rem auto;border:11px solid #1d1613;border-radius:44px;background:#fff;overflow:hidden;box-shadow:0 18px 40px #3a241433}
        .phone .bar{position:relative;z-index:1;background:#1d1613;height:1.5rem;border-radius:0 0 16px 16px;width:45%;margin:0 auto}
        .phone .brand{background:var(--vipps);color:#1c0a02;margin-top:-1.5rem;padding:2.1rem 1.3rem 1rem;font-weight:700}
        .phone .inside{padding:1.2rem 1.3rem 1.6rem}
        .sum{font-size:2.3rem;font-weight:700;line-height:1.2;margin:.2rem 0 1rem}
        .badge{display:inline-block;padding:.2rem .75rem;border-radius:999px;font-weight:600;font-size:.95rem;background:#ece5dd;color:#40342d}
        .badge.good{background:#d8efd9;color:#134d1b}
        .badge.bad{background:#fbdedb;color:#7c1410}
        .facts{display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;margin:1rem 0;overflow-wrap:anywhere}
        .facts dt{color:var(--soft)}
        .facts dd{margin:0;text-align:right}
        .scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:12px}
        table{border-collapse:collapse;width:100%;font-size:.88rem}
        th,td{text-align:left;padding:.45rem .55rem;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
        td.number{text-align:right;font-variant-numeric:tabular-nums}
        td ol{margin:0;padding-left:1.1rem;white-space:normal;min-width:16rem}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        footer{margin-top:2rem;color:var(--soft);font-size:.88rem;text-align:center}
    """;
}
