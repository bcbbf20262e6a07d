"""The training as a plain loop in PyTorch."""

from cvcore.training_lab.programs import digits, networks
from cvcore.training_lab.programs.text import number
from cvcore.training_lab.settings import Settings

DATA = """\

# 1. The data
@data
{dataset}

def read_digits():
{choice}    return [Digits(pictures[part], labels[part]) for part in (training, validation, test)]


training, validation, test = read_digits()
{move}training_loader = {loader}
validation_loader = DataLoader(validation, batch_size=500)
test_loader = DataLoader(test, batch_size=500)
@
"""
VALIDATE = '''\
@validation
@torch.no_grad()
def measure(loader):
    """Loss and share of right answers."""
    model.eval()
    loss, right, count = 0.0, 0, 0
    for pictures, targets in loader:
        pictures, targets = pictures.to(device), targets.to(device)
        logits = model(pictures)
        loss += compute_loss(logits, targets).item() * len(targets)
        right += (logits.argmax(dim=1) == targets).sum().item()
        count += len(targets)
    return loss / count, right / count
@
'''


def write(settings: Settings, source: str) -> str:
    """The program's text, with marks of its parts."""
    total = digits.count_steps(settings) * settings.epochs
    scheduler = networks.write_scheduler(settings, total)
    move = "training.move = True\n" if settings.augmentation != "none" else ""
    data = DATA.format(
        dataset=digits.write_dataset(settings),
        choice=digits.write_choice(settings, source),
        move=move,
        loader=digits.write_training_loader(settings, "training"),
    )
    schedule = f"@schedule\nscheduler = {scheduler}\n" if scheduler else ""
    return (
        digits.write_about(settings, "pytorch")
        + digits.write_constants(settings)
        + data
        + "\n# 2. The network and its loss\n"
        + networks.write_model(settings)
        + "\n\n"
        + networks.write_loss(settings)
        + "\n\n# 3. The optimiser\n"
        + "torch.manual_seed(SEED)  # of what else is drawn at random\n"
        + 'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")\n'
        + "@model\nmodel = build_model().to(device)\n"
        + f"@step\noptimiser = {networks.write_optimiser(settings, 'model.parameters()')}\n"
        + schedule
        + "@\n\n\n# 4. The training\n"
        + VALIDATE
        + "\n\n"
        + _write_loop(settings)
        + "\n\n# 5. The test\n"
        + "@callbacks\nmodel.load_state_dict(best)\n"
        + "@validation\ntest_loss, test_accuracy = measure(test_loader)\n"
        + 'print(f"test: loss {test_loss:.4f}, accuracy {test_accuracy:.1%}")\n'
    )


def _write_loop(settings: Settings) -> str:
    stops = settings.early_stopping
    least = number(settings.min_delta)
    every = settings.schedule not in ("constant", "plateau")
    return (
        "@callbacks\nlosses = []\nbest, best_loss = None, float('inf')\n".replace("'", '"')
        + ('least, waited = float("inf"), 0\n' if stops else "")
        + "@step\nfor epoch in range(EPOCHS):\n"
        + "@data\n    training_loader.sampler.set_epoch(epoch)\n"
        + "@step\n    model.train()\n    for pictures, targets in training_loader:\n"
        + "        pictures, targets = pictures.to(device), targets.to(device)\n"
        + "        optimiser.zero_grad()\n"
        + "        loss = compute_loss(model(pictures), targets)\n"
        + "        loss.backward()\n        optimiser.step()\n"
        + ("@schedule\n        scheduler.step()\n" if every else "")
        + "@callbacks\n        losses.append(loss.item())\n\n"
        + "@validation\n    val_loss, val_accuracy = measure(validation_loader)\n"
        + '    print(f"epoch {epoch + 1}: loss {val_loss:.4f}, accuracy {val_accuracy:.1%}")\n'
        + ("@schedule\n    scheduler.step(val_loss)\n" if settings.schedule == "plateau" else "")
        + "@callbacks\n    if val_loss < best_loss:  # best so far, kept\n"
        + "        best, best_loss = copy.deepcopy(model.state_dict()), val_loss\n"
        + (
            f"    if val_loss < least - {least}:\n        least, waited = val_loss, 0\n"
            "    else:\n        waited += 1\n"
            f"    if waited == {settings.stop_patience}:\n"
            f'        print("stopped: no better for {settings.stop_patience} epochs")\n'
            "        break\n"
            if stops
            else ""
        )
        + "@\n"
    )
