"""What the shop knows and does, without any HTTP."""

import datetime

from answers import ShopError
from arguments import choice, whole, wrong

TODAY = "2025-03-14"
"""The shop's calendar stands still."""
HOLIDAYS = ("2025-04-18", "2025-04-20", "2025-04-21", "2025-05-01", "2025-05-17", "2025-12-25", "2025-12-26")
COUPONS = {"SPRING10": 0.10, "FRIENDS15": 0.15}
ZONES = {"NO": 1, "SE": 2, "DK": 2, "FI": 2, "DE": 3, "NL": 3, "FR": 3, "GB": 4}
DELIVERIES = ("pickup", "parcel", "express")


def unknown(what, which):
    """A complaint about something that there is not."""
    return ShopError(404, "Not Found", f"there is no {what} {which}")


def conflict(detail):
    """A complaint about the state of things."""
    return ShopError(409, "Conflict", detail)


def shipping(country, weight_kg, express):
    """What a parcel costs and how long it takes."""
    zone = ZONES[country]
    price = 4.5 + 2.0 * zone + 1.2 * zone * weight_kg
    return {
        "country": country,
        "weight_kg": weight_kg,
        "express": express,
        "price": round(price * (2.5 if express else 1), 2),
        "days": 1 + zone // 3 if express else 1 + 2 * zone,
    }


class Shop:
    """Everything that changes."""

    def __init__(self, data):
        self.products = {each["sku"]: each for each in data["products"]}
        self.stores = {each["id"]: each for each in data["stores"]}
        self.stock = {sku: dict(zip(self.stores, pieces, strict=True)) for sku, pieces in data["stock"].items()}
        self.customers = data["customers"]
        self.reviews = {sku: [] for sku in self.products}
        self._number = 0
        for sku, reviews in data["reviews"].items():
            for author, rating, words, date in reviews:
                self.review(sku, {"author": author, "rating": rating, "text": words, "date": date})
        self.orders = {}
        for order in data["orders"]:
            lines = [{"sku": sku, "quantity": quantity} for sku, quantity in order["lines"]]
            delivery = {"method": order["method"], "store_id": order.get("store_id", "oslo")}
            self._write(order["customer_id"], lines, delivery, 0, date=order["date"], status=order["status"])

    def product(self, sku):
        """A product with the mean of its reviews."""
        if sku not in self.products:
            raise unknown("product", sku)
        stars = [review["rating"] for review in self.reviews[sku]]
        return self.products[sku] | {"rating": round(sum(stars) / len(stars), 1) if stars else None}

    def review(self, sku, review):
        """Keep a review."""
        self.product(sku)
        self._number += 1
        self.reviews[sku].append({"id": self._number, **review})
        return self.reviews[sku][-1]

    def hours(self, store_id, date):
        """When a store is open on a day."""
        if store_id not in self.stores:
            raise unknown("store", store_id)
        try:
            day = datetime.date.fromisoformat(date)
        except ValueError:
            raise wrong("date", "must be a day as YYYY-MM-DD") from None
        store, date = self.stores[store_id], day.isoformat()
        is_open = date not in HOLIDAYS and (day.weekday() < 6 or store["sunday"])
        return {
            "store_id": store_id,
            "date": date,
            "weekday": day.strftime("%A"),
            "open": is_open,
            "opens": store["opens"] if is_open else None,
            "closes": ("16:00" if day.weekday() >= 5 else store["closes"]) if is_open else None,
        }

    def orders_of(self, customer_id):
        """A customer's orders, the newest first."""
        self._require_customer(customer_id)
        return [order for order in reversed(self.orders.values()) if order["customer_id"] == customer_id]

    def find_order(self, order_id):
        """An order by its number."""
        if order_id not in self.orders:
            raise unknown("order", order_id)
        return self.orders[order_id]

    def order(self, body):
        """Place an order: all of it, or nothing."""
        customer_id = body.get("customer_id")
        self._require_customer(customer_id)
        lines = self._lines(body.get("lines"))
        delivery = body.get("delivery") or {"method": "pickup"}
        if not isinstance(delivery, dict):
            raise wrong("delivery", "must be an object")
        delivery = {
            "method": choice(delivery, "method", DELIVERIES, required=True),
            "store_id": choice(delivery, "store_id", self.stores) or "oslo",
        }
        discount = COUPONS.get(body.get("coupon") or "", 0)
        if body.get("coupon") and not discount:
            raise wrong("coupon", "is not valid")
        for line in lines:
            if sum(self.stock[line["sku"]].values()) < line["quantity"]:
                raise conflict(f"there are not {line['quantity']} of {line['sku']} in stock")
        for line in lines:
            self._take(line["sku"], line["quantity"], delivery["store_id"])
        return self._write(customer_id, lines, delivery, discount, date=TODAY, status="placed")

    def cancel(self, order_id):
        """Undo an order that has not left."""
        order = self.find_order(order_id)
        if order["status"] not in ("placed", "packed"):
            raise conflict(f"order {order_id} is {order['status']} and can no longer be cancelled")
        for line in order["lines"]:
            self.stock[line["sku"]][order["delivery"]["store_id"]] += line["quantity"]
        order["status"] = "cancelled"
        return order

    def move(self, customer_id, address):
        """Change an address."""
        self._require_customer(customer_id)
        self.customers[customer_id] = address
        return address

    def _require_customer(self, customer_id):
        if customer_id not in self.customers:
            raise unknown("customer", customer_id)

    def _lines(self, lines):
        if (
            not isinstance(lines, list)
            or not 1 <= len(lines) <= 20
            or not all(isinstance(each, dict) for each in lines)
        ):
            raise wrong("lines", "must be a list of 1 to 20 objects")
        together = {}
        for line in lines:
            sku = self.product(line.get("sku"))["sku"]
            together[sku] = together.get(sku, 0) + whole(line, "quantity", least=1, most=50, default=1)
        return [{"sku": sku, "quantity": quantity} for sku, quantity in together.items()]

    def _take(self, sku, quantity, first):
        """Take pieces out of stock, from the store that sends them before the others."""
        for store in (first, *self.stores):
            taken = min(quantity, self.stock[sku][store])
            self.stock[sku][store] -= taken
            quantity -= taken

    def _write(self, customer_id, lines, delivery, discount, *, date, status):
        priced = [line | {"price": self.products[line["sku"]]["price"]} for line in lines]
        goods = sum(line["price"] * line["quantity"] for line in priced)
        grams = sum(self.products[line["sku"]]["weight_g"] * line["quantity"] for line in priced)
        method = delivery["method"]
        country = self.customers[customer_id]["country"]
        sent = 0.0 if method == "pickup" else shipping(country, grams / 1000, method == "express")["price"]
        order = {
            "id": f"O-{20001 + len(self.orders)}",
            "customer_id": customer_id,
            "date": date,
            "status": status,
            "lines": priced,
            "delivery": delivery | {"price": sent},
            "discount": round(goods * discount, 2),
            "total": round(goods * (1 - discount) + sent, 2),
        }
        self.orders[order["id"]] = order
        return order
